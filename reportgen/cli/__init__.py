"""The command line: arguments, printed lines and exit statuses."""
