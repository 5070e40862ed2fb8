"""How is the documentation site built? `make docs`; Sphinx reads the pages of this folder and the code itself."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "Aboveboard"
author = "The Aboveboard maintainers"
copyright = "The Aboveboard maintainers, Apache-2.0"  # noqa: A001 - Sphinx's own name
release = version = installed("aboveboard")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_click",
    "site_reference",
]
source_suffix = {".md": "markdown"}
exclude_patterns = ["conf.py", "site_reference.py"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# Examples and tests are shown where the sources are; the site links to what it holds itself.
suppress_warnings = ["myst.xref_missing", "myst.header"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
python_display_short_literal_types = True
add_module_names = False

html_theme = "furo"
html_title = f"Aboveboard {release}"
html_static_path: list[str] = []
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
html_copy_source = False
html_show_sourcelink = False
