// A short talk in three languages, and how it would arrive: words grow, the newest may change.

const sentences = [
  {
    en: "Good morning, and thank you for coming to this session.",
    es: "Buenos días, y gracias por venir a esta sesión.",
    ca: "Bon dia, i gràcies per venir a aquesta sessió.",
  },
  {
    en: "Today I want to talk about how a city decides where its trees should grow.",
    es: "Hoy quiero hablar de cómo decide una ciudad dónde deben crecer sus árboles.",
    ca: "Avui vull parlar de com decideix una ciutat on han de créixer els seus arbres.",
  },
  { en: "It sounds simple.", es: "Parece sencillo.", ca: "Sembla senzill." },
  {
    en: "But a tree lives for eighty years, and nobody in the planning office will see it old.",
    es: "Pero un árbol vive ochenta años, y nadie en la oficina de urbanismo lo verá viejo.",
    ca: "Però un arbre viu vuitanta anys, i ningú a l’oficina d’urbanisme el veurà vell.",
  },
  {
    en: "So every decision is a letter to somebody we will never meet.",
    es: "Así que cada decisión es una carta para alguien a quien nunca conoceremos.",
    ca: "Així que cada decisió és una carta per a algú que mai no coneixerem.",
  },
];

/** What was said before: for the pictures. */
export function finished(lang, upTo = sentences.length) {
  return sentences.slice(0, upTo).map((sentence, i) => ({
    segment: i + 1, text: sentence[lang], source: sentence.en, final: true, start: i * 5,
    end: i * 5 + 4.5,
  }));
}

/** A hum of that many seconds, in 16-bit samples: what stands for speech. */
export function hum(seconds, rate = 22050) {
  const fade = rate / 50;
  const length = Math.round(seconds * rate);
  return Int16Array.from({ length }, (_, i) =>
    3000 * Math.min(1, i / fade, (length - i) / fade) * Math.sin(2 * Math.PI * 220 * i / rate));
}

/** Every caption message of the talk in `lang`, without end, one for each word. */
export function* play(lang) {
  for (let round = 0, segment = 1; ; ++round) {
    for (const sentence of sentences) {
      const words = sentence[lang].split(" ");
      const source = sentence.en.split(" ");
      const start = segment * 5;
      for (let shown = 1; shown <= words.length + 1; ++shown) {
        const final = shown > words.length;
        const stable = final ? words.length : Math.max(0, shown - 3);
        const provisional = words.slice(stable, shown).join(" ");
        yield {
          segment, text: words.slice(0, stable).join(" "),
          provisional: provisional && stable > 0 ? ` ${provisional}` : provisional,
          source: final ? sentence.en : source.slice(0, Math.ceil(shown / words.length * source.length)).join(" "),
          final, start, end: start + shown * 0.3,
        };
      }
      ++segment;
    }
  }
}
