# SPDX-License-Identifier: MPL-2.0
"""How Sphinx makes HTML of these pages: make html."""

project = "rusted_ring"
author = "The rusted_ring authors"
root_doc = "index"
html_theme = "alabaster"
html_theme_options = {"page_width": "1150px", "sidebar_width": "260px",
                      "font_family": "sans-serif",
                      "head_font_family": "sans-serif"}
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_show_copyright = False
smartquotes = False
highlight_language = "none"
exclude_patterns = ["examples", "netlink", "syzkaller"]
