"""What every service stands on; it knows no rule of advocacy."""
