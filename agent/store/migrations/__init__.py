"""Forward-only changes of the files on disk, one folder a file, applied in order."""
