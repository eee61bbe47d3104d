"""What we are deployed by (image, compose, Kubernetes, alerts), checked without a cluster."""
