"""The course as a static site: `python -m book`, with what requirements-book.lock holds."""
