def get_supported_formats():
    return []
