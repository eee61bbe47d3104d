"""Programs of others that read what we write, and whose tokens we read: nobody's twin of ours."""
