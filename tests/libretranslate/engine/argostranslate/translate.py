class Hypothesis:
    def __init__(self, value):
        self.value = value
        self.score = 0.0


class Translation:
    def __init__(self, source, target):
        self.from_lang = source
        self.to_lang = target

    def hypotheses(self, text, count=1):
        return [Hypothesis(self.translate(text)) for _ in range(count)]

    def translate(self, text):
        if text == "the white house":
            return "la casa blanca"
        return " ".join(ending(word) for word in text.split(" "))


def ending(word):
    if word == "house":
        return "casa"
    return word + "o" if word.isascii() and word.isalpha() else word


class Language:
    def __init__(self, code, name):
        self.code = code
        self.name = name
        self.translations_from = []

    def get_translation(self, target):
        found = [one for one in self.translations_from if one.to_lang.code == target.code]
        return found[0] if found else None


ENGLISH = Language("en", "English")
LANGUAGES = [ENGLISH, Language("es", "Spanish"), Language("pb", "Portuguese (Brazil)"), Language("zh", "Chinese")]
for other in LANGUAGES[1:]:
    ENGLISH.translations_from.append(Translation(ENGLISH, other))
    other.translations_from.append(Translation(other, ENGLISH))


def get_installed_languages():
    return list(LANGUAGES)
