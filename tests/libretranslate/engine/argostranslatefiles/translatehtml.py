def translate_html(translation, text):
    return translation.translate(text)
