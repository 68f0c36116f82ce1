"""Pages (页面): one module a family; each page is a function from place and question to a ``Page``."""
