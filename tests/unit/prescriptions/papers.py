"""What the tests and the benchmark print: lines, a signature, a frozen content."""

import base64
import io
from typing import Any

from PIL import Image, ImageDraw

LINE: dict[str, Any] = {
    "name": "DOLIPRANE",
    "strength_form": "1 000 mg, comprimé",
    "dosage": "1 comprimé, trois fois par jour",
    "instructions": "à avaler avec un verre d’eau",
    "duration_days": 5,
    "boxes": 2,
    "renewals": 0,
}


def signature_png() -> bytes:
    """A scrawl of 600 × 200 pixels."""
    image = Image.new("L", (600, 200), 255)
    scrawl = [(20, 150), (120, 40), (200, 160), (320, 60), (420, 150), (580, 80)]
    ImageDraw.Draw(image).line(scrawl, fill=0, width=6)
    output = io.BytesIO()
    image.save(output, "PNG")
    return output.getvalue()


def make_content(*, lines: int = 1, name: str = "Carpentier", text: str = "") -> dict[str, Any]:
    """A frozen content of so many lines; `text` is appended to every free field, `name` is everybody's last name."""
    return {
        "version": 1,
        "number": "2026-000001",
        "code": "7K2MQ4XW9Z",
        "verify_url": "https://rofim.example/verifier/7K2MQ4XW9Z/",
        "verify_host": "rofim.example",
        "issued_at": "2026-11-22T20:15:00Z",
        "issued_on": "22/11/2026",
        "place": "Marseille",
        "consultation_at": "22/11/2026 à 21:00",
        "prescriber": {
            "display_name": f"Dr Claire {name}",
            "profession": "Médecin",
            "specialty": "Médecine générale",
            "identifier": "N° RPPS : 10003456786",
            "billing_number": "131234567",
            "sector": "",
            "practice_name": f"Cabinet du Vieux-Port{text}",
            "address": f"12 quai du Port{text}",
            "postal_code": "13002",
            "city": "Marseille",
            "phone": "+33 4 91 00 00 00",
            "email": "dr@example.org",
            "signature": base64.b64encode(signature_png()).decode(),
        },
        "patient": {
            "last_name": name,
            "first_name": "Sophie",
            "sex": "Féminin",
            "born": "née",
            "birth_date": "01/02/1980",
            "birth_date_iso": "1980-02-01",
            "age": "46 ans",
            "weight": "",
            "height": "",
        },
        "lines": [
            {
                "name": f"DOLIPRANE {rank}{text}",
                "strength_form": f"1 000 mg, comprimé{text}",
                "dosage": f"1 comprimé, trois fois par jour{text}",
                "instructions": f"par voie orale{text}",
                "quantity": "pendant 5 jours, 2 boîtes",
                "renewal": "ne pas renouveler",
            }
            for rank in range(1, lines + 1)
        ],
        "end": f"Fin de l’ordonnance : {lines} lignes.",
    }
