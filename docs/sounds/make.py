"""Makes the spoken clips of static/sounds: ``python docs/sounds/make.py`` (needs espeak-ng and ffmpeg).

For each language one small file with all its clips one after another, and in ``speech.json`` where each begins and how
long it is. The page puts sentences together from them where the device has no voice for the language.
"""

from __future__ import annotations

import array
import json
import subprocess
import tempfile
import wave
from pathlib import Path

SOUNDS = Path(__file__).parents[2] / "static" / "sounds"
RATE = 22050
GAP = 0.12
"""Seconds of silence between two clips, of which EDGE belongs to each: encoders move sound by some milliseconds."""
EDGE = 0.04
QUIET = 300
"""Below this a sample counts as silence; the loudest is 32767."""
LOUD = 29000

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WORDS = {
    "en": ("en-us", 150, "Token", "room", "counter", "please come in", "please wait"),
    "es": ("es", 150, "Turno", "sala", "ventanilla", "pase, por favor", "espere, por favor"),
    "ar": ("ar", 140, "الرَّقْم", "غُرْفَة", "شُبَّاك", "يُرْجَى الدُّخُول", "يُرْجَى الاِنْتِظَار"),
    "hi": ("hi", 140, "टोकन", "कमरा", "काउंटर", "कृपया अंदर आइए", "कृपया प्रतीक्षा करें"),
}
"""Language → espeak-ng's voice, words a minute, and the texts of token, room, counter, come and wait."""
NUMBERS = {
    "en": "zero one two three four five six seven eight nine",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "ar": "صِفْر واحِد اِثْنان ثَلاثَة أَرْبَعَة خَمْسَة سِتَّة سَبْعَة ثَمانِيَة تِسْعَة",
    "hi": "शून्य एक दो तीन चार पाँच छह सात आठ नौ",
}
NAMES = {
    "en": "eigh bee see dee ee eff gee aitch eye jay kay ell em en oh pee queue are ess tee you vee double-you ex "
    "why zee",
    "es": "a be ce de e efe ge hache i jota ka ele eme ene o pe cu erre ese te u uve uve-doble equis ye zeta",
    "ar": "إِيه بِي سِي دِي إِي إِف جِي إِتْش آي جِيه كِيه إِل إِم إِن أُو بِي كِيُو آر إِس تِي يُو فِي دَبِلْيُو إِكْس وَاي زَد",
    "hi": "ए बी सी डी ई एफ़ जी एच आई जे के एल एम एन ओ पी क्यू आर एस टी यू वी डब्ल्यू एक्स वाई ज़ेड",
}


def texts(language: str) -> dict[str, str]:
    """Clip → what is said."""
    _voice, _pace, *words = WORDS[language]
    said = dict(zip(("token", "room", "counter", "come", "wait"), words, strict=True))
    said |= dict(zip(DIGITS, NUMBERS[language].split(), strict=True))
    letters = (name.replace("-", " ") for name in NAMES[language].split())
    return said | dict(zip(LETTERS, letters, strict=True))


def spoken(text: str, voice: str, pace: int, folder: Path) -> array.array[int]:
    """The samples of a text, without the silence around it, as loud as all others."""
    path = folder / "one.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", str(pace), "-w", str(path), text], check=True)
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        samples = array.array("h", file.readframes(file.getnframes()))
    heard = [at for at, sample in enumerate(samples) if abs(sample) > QUIET]
    kept = samples[heard[0] : heard[-1] + 1]
    gain = LOUD / max(abs(sample) for sample in kept)
    return array.array("h", (int(sample * gain) for sample in kept))


def make(language: str, folder: Path) -> dict[str, list[float]]:
    """Write the language's file; clip → where it begins and how long it is, in seconds."""
    voice, pace, *_words = WORDS[language]
    silence = array.array("h", [0] * int(GAP * RATE))
    sound, where = array.array("h", silence), {}
    for clip, text in texts(language).items():
        said = spoken(text, voice, pace, folder)
        where[clip] = [round(len(sound) / RATE - EDGE, 3), round(len(said) / RATE + 2 * EDGE, 3)]
        sound += said + silence
    whole = folder / f"{language}.wav"
    with wave.open(str(whole), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.tobytes())
    target = SOUNDS / f"speech-{language}.mp3"
    subprocess.run(
        ["ffmpeg", "-y", "-loglevel", "error", "-i", str(whole), "-codec:a", "libmp3lame", "-b:a", "32k",
         "-map_metadata", "-1", str(target)], check=True,
    )  # fmt: skip
    return where


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        made = {language: make(language, Path(name)) for language in WORDS}
    rows = ",\n".join(f'"{language}": {json.dumps(where, ensure_ascii=False)}' for language, where in made.items())
    (SOUNDS / "speech.json").write_text(f"{{\n{rows}\n}}\n")


if __name__ == "__main__":
    main()
