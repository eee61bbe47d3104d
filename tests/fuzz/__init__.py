"""Every operation is sent what nobody would think of, and answers as its document says."""
