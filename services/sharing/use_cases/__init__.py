"""What can be done in sharing: load, decide, save, announce."""
