"""How Sphinx builds the book from the folder that `book.pages` makes. See `python -m book`."""

project = html_title = "Where is it?"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_design",
    "sphinx_copybutton",
    "book.plugin",
]
default_role = "py:obj"
smartquotes = False  # the lessons' quotes as they are

nb_execution_mode = "off"  # as committed: never run here
nb_merge_streams = True
nb_output_stderr = "error"
nb_render_markdown_format = "myst"  # the default knows no tables
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3

autodoc_mock_imports = [
    *("keras", "tensorflow", "scipy", "cv2", "sklearn", "skimage", "matplotlib", "cycler", "PIL"),
    *("pycocotools", "IPython", "rich", "filelock"),
]
autodoc_member_order = "bysource"
# Of RoiAlign: a function documented already, which autodoc cannot unwrap without Keras.
autodoc_default_options = {"exclude-members": "read"}
autodoc_typehints = "none"
viewcode_follow_imported_members = False

html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_css_files = ["course.css"]
html_favicon = "_static/favicon.svg"
html_show_sourcelink = False
html_last_updated_fmt = None
html_context = {"default_mode": "auto"}
mathjax_path = "tex-svg.js"  # one file, which the plugin copies: no network, no fonts
html_theme_options = {
    "footer_content_items": ["extra-footer.html"],
    "extra_footer": "MIT licence",
    "navbar_persistent": [],  # or there would be a second search field, in a bar of its own
    "search_as_you_type": True,
    "article_header_end": ["article-header-buttons"],
    "use_download_button": True,
    "use_fullscreen_button": False,
    "use_edit_page_button": False,
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
