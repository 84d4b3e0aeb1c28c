"""What every room stands on: errors, files, child processes, downloads."""
