def download_models(*_args, **_options):
    pass
