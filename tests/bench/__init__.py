"""The benchmarks run, and their document says what they found; how fast is nobody's test."""
