"""The rules of measuring: links, reports from outside, counting, and what figures may say."""
