def get_installed_packages():
    return []


def get_available_packages():
    return []


def update_package_index():
    pass
