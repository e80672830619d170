"""The browser page: widgets and callbacks only. ``docvlm.ui.page`` builds it, ``app.py`` serves it."""
