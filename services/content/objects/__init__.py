"""Where the bytes of media lie: a folder or S3, the way in and out, and pictures made anew."""
