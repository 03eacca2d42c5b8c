//! Spanish, Italian, Portuguese, Romanian, Greek and Turkish.

use super::Language;

pub const SPANISH: Language = Language {
    tag: "es",
    headers: &[
        (
            "email",
            "correo, correo electrónico, dirección de correo, dirección de correo electrónico, e-correo, dirección de e-mail",
        ),
        ("phone", "teléfono, móvil, celular, número de teléfono, teléfono móvil, número de móvil"),
        ("customer_id", "número de cliente, id cliente, id de cliente, código de cliente, n.º de cliente"),
        ("first_name", "nombre, nombre de pila"),
        ("last_name", "apellido, apellidos"),
        ("name", "nombre completo, nombre y apellidos"),
        ("timezone", "zona horaria"),
        ("locale", "idioma"),
        ("address.line1", "calle, dirección, domicilio"),
        ("address.city", "ciudad, localidad, población"),
        ("address.region", "provincia, comunidad autónoma"),
        ("address.postal_code", "código postal"),
        ("address.country", "país"),
        ("address.company", "empresa, razón social, compañía"),
        (
            "consent.email",
            "consentimiento, consentimiento e-mail, consentimiento de marketing, consentimiento marketing, suscrito, \
            suscrita, suscrito al boletín, suscripción, boletín, acepta marketing, acepta publicidad, acepta correos, \
            acepta e-mails, acepta newsletter, consentimiento rgpd, autoriza, autorización, acepta recibir correos",
        ),
        ("consent.sms", "consentimiento sms, acepta sms"),
        ("opt_out", "no contactar, bloqueado, lista negra, oposición, lista robinson, robinson"),
        (
            "opt_out.email",
            "baja, dado de baja, dada de baja, cancelado, cancelada suscripción, desuscrito, no enviar correos, \
            no enviar e-mail, baja newsletter, baja boletín",
        ),
        ("opt_out_at.email", "fecha de baja, fecha baja, dado de baja el"),
        ("status", "estado de suscripción, estado suscripción, estado del contacto, situación"),
    ],
    yes: "sí, s, verdadero, aceptado, acepta, acepto, otorgado, autorizado, concedido",
    no: "falso, rechazado, no acepta, no acepto, no autorizado, denegado, negado",
    subscribed: "suscrito, suscrita, dado de alta, alta",
    active: "activo, activa, desconocido, nunca suscrito, no suscrito",
    denied: "baja, dado de baja, dada de baja, desuscrito, inactivo, inactiva, bloqueado, bloqueada, rebotado, cancelado, \
        queja, sin confirmar, no confirmado, pendiente, eliminado, revocado, inválido",
    smells: "consentim, suscri, boletin, publicidad, listanegra, robinson, dadodebaja, nocontactar, noenviar",
};

pub const ITALIAN: Language = Language {
    tag: "it",
    headers: &[
        ("email", "indirizzo e-mail, indirizzo mail, posta elettronica, indirizzo di posta elettronica"),
        ("phone", "cellulare, numero di telefono, numero di cellulare, numero cellulare, recapito telefonico"),
        ("customer_id", "codice cliente, numero cliente, id cliente"),
        ("first_name", "nome"),
        ("last_name", "cognome"),
        ("name", "nome completo, nome e cognome, nominativo"),
        ("timezone", "fuso orario"),
        ("locale", "lingua"),
        ("address.line1", "indirizzo, via"),
        ("address.city", "città, comune"),
        ("address.region", "regione"),
        ("address.postal_code", "cap, codice postale"),
        ("address.country", "paese, nazione"),
        ("address.company", "azienda, società, ragione sociale, ditta"),
        (
            "consent.email",
            "consenso, consenso e-mail, consenso newsletter, consenso marketing, consenso privacy, iscritto, iscritta, \
            iscritto alla newsletter, iscrizione newsletter, accetta marketing, accetta newsletter, autorizzazione, \
            consenso al marketing, consenso gdpr",
        ),
        ("consent.sms", "consenso sms"),
        ("opt_out", "bloccato, non contattare, lista nera, opposizione"),
        ("opt_out.email", "disiscritto, disiscritta, disiscrizione, cancellato, annullato, non inviare e-mail, revoca"),
        ("opt_out_at.email", "data disiscrizione, data di disiscrizione, data cancellazione, disiscritto il"),
        ("status", "stato iscrizione, stato dell'iscrizione, stato contatto"),
    ],
    yes: "si, vero, accettato, acconsento, acconsente, concesso, prestato, autorizzato",
    no: "falso, rifiutato, non acconsento, non concesso, negato, non prestato",
    subscribed: "iscritto, iscritta",
    active: "attivo, attiva, sconosciuto, mai iscritto, non iscritto",
    denied: "disiscritto, disiscritta, cancellato, inattivo, bloccato, rimbalzato, revocato, non confermato, in attesa, \
        rimosso, non attivo, non valido",
    smells: "consenso, disiscri, iscritt, iscrizion, bloccat, listanera, revoca, noncontattare, pubblicit",
};

pub const PORTUGUESE: Language = Language {
    tag: "pt",
    headers: &[
        (
            "email",
            "endereço de e-mail, endereço eletrônico, endereço eletrónico, correio eletrónico, correio eletrônico",
        ),
        ("phone", "telefone, telemóvel, telefone celular, número de telefone, número de telemóvel"),
        ("customer_id", "número do cliente, código do cliente, id do cliente, número de cliente"),
        ("first_name", "primeiro nome, nome próprio"),
        ("last_name", "sobrenome, apelido, último nome"),
        ("timezone", "fuso horário"),
        ("address.line1", "rua, endereço, morada, logradouro"),
        ("address.city", "cidade, localidade, município"),
        ("address.postal_code", "cep"),
        ("address.company", "companhia"),
        (
            "consent.email",
            "consentimento, consentimento e-mail, consentimento de marketing, inscrito, inscrita, assinante, \
            inscrito na newsletter, aceita marketing, aceita e-mails, aceita receber e-mails, aceito marketing, \
            consentimento lgpd, consentimento rgpd, autorização de e-mail, aceita newsletter, subscrito",
        ),
        ("consent.sms", "aceita sms"),
        ("opt_out", "não contactar, não contatar, lista negra, oposição"),
        (
            "opt_out.email",
            "descadastrado, cancelou inscrição, não inscrito, removido, remover, descadastro, não enviar e-mail",
        ),
        ("opt_out_at.email", "data de descadastro, data do descadastro, data de cancelamento"),
        ("status", "status da inscrição, estado da subscrição, situação, status do contato"),
    ],
    yes: "sim, verdadeiro, aceito, aceita, aceite, concedido, autorizado",
    no: "não, nao, recusado, não aceito, não aceita, negado, não autorizado",
    subscribed: "inscrito, inscrita, assinante, subscrito",
    active: "ativo, ativa, desconhecido, nunca inscrito",
    denied: "descadastrado, não inscrito, cancelado, inativo, inativa, bloqueado, removido, revogado, não confirmado, \
        pendente, excluído, inválido",
    smells: "consentimento, inscrit, inscric, descadast, assinante, subscri, lgpd, naocont, naoenviar, bloquead",
};

pub const ROMANIAN: Language = Language {
    tag: "ro",
    headers: &[
        ("email", "adresă de e-mail, adresa de e-mail, adresă e-mail, adresa e-mail, poștă electronică"),
        ("phone", "telefon mobil, număr de telefon, numar telefon"),
        ("customer_id", "număr client, cod client, id client"),
        ("first_name", "prenume"),
        ("last_name", "nume, nume de familie"),
        ("name", "nume complet, nume și prenume"),
        ("timezone", "fus orar"),
        ("locale", "limba, limbă"),
        ("address.line1", "stradă, strada, adresă, adresa"),
        ("address.city", "oraș, localitate"),
        ("address.region", "județ"),
        ("address.postal_code", "cod poștal"),
        ("address.country", "țară, țara"),
        ("address.company", "companie, firmă, societate"),
        (
            "consent.email",
            "consimțământ, consimtamant, consimțământ e-mail, consimțământ marketing, acord, acord marketing, abonat, \
            abonat newsletter, abonat la newsletter, acord gdpr, acord newsletter",
        ),
        ("consent.sms", "acord sms"),
        ("opt_out", "nu contactați, blocat, lista neagră"),
        ("opt_out.email", "dezabonat, dezabonare"),
        ("opt_out_at.email", "data dezabonării, dezabonat la"),
        ("status", "stare abonament, status abonare"),
    ],
    yes: "da, adevărat, acordat, acceptat",
    no: "nu, fals, refuzat, neacordat",
    subscribed: "abonat, abonată",
    active: "activ, activă, necunoscut",
    denied: "dezabonat, dezabonată, inactiv, blocat, retras, neconfirmat, șters",
    smells: "consimt, dezabon, abonat, abonar, blocat, acordmarketing, acordgdpr",
};

pub const GREEK: Language = Language {
    tag: "el",
    headers: &[
        (
            "email",
            "ηλεκτρονικό ταχυδρομείο, διεύθυνση ηλεκτρονικού ταχυδρομείου, διεύθυνση email, ηλεκτρονική διεύθυνση, ηλ ταχυδρομείο",
        ),
        ("phone", "τηλέφωνο, κινητό, κινητό τηλέφωνο, αριθμός τηλεφώνου, τηλ"),
        ("customer_id", "κωδικός πελάτη, αριθμός πελάτη"),
        ("first_name", "όνομα, μικρό όνομα"),
        ("last_name", "επώνυμο, επίθετο"),
        ("name", "ονοματεπώνυμο, πλήρες όνομα"),
        ("timezone", "ζώνη ώρας"),
        ("locale", "γλώσσα"),
        ("address.line1", "οδός, διεύθυνση"),
        ("address.city", "πόλη"),
        ("address.region", "περιφέρεια, νομός"),
        ("address.postal_code", "ταχυδρομικός κώδικας, τκ, τ.κ."),
        ("address.country", "χώρα"),
        ("address.company", "εταιρεία, εταιρία, επωνυμία"),
        (
            "consent.email",
            "συγκατάθεση, συγκατάθεση email, συγκατάθεση μάρκετινγκ, συναίνεση, εγγεγραμμένος, ενημερωτικό δελτίο, \
            εγγραφή στο newsletter, συγκατάθεση newsletter, αποδοχή newsletter",
        ),
        ("consent.sms", "συγκατάθεση sms"),
        ("opt_out", "αποκλεισμένος, μην επικοινωνείτε"),
        ("opt_out.email", "απεγγεγραμμένος, διαγραφή, απεγγραφή, διαγραμμένος"),
        ("opt_out_at.email", "ημερομηνία απεγγραφής, ημερομηνία διαγραφής"),
        ("status", "κατάσταση, κατάσταση συνδρομής"),
    ],
    yes: "ναι, ν, αληθές, nai, αποδεκτό, δόθηκε",
    no: "όχι, ο, ψευδές, oxi, ochi, δεν δόθηκε, απορρίφθηκε",
    subscribed: "εγγεγραμμένος, εγγεγραμμένη, συνδρομητής",
    active: "ενεργός, ενεργή, ενεργό, άγνωστο",
    denied: "απεγγεγραμμένος, απεγγεγραμμένη, διαγραμμένος, ανενεργός, ανενεργή, αποκλεισμένος, ανακλήθηκε",
    smells: "συγκαταθ, συναινε, απεγγρ, εγγραφ, εγγεγραμ, διαγραφ, αποκλεισ, ενημερωτικ, μαρκετινγκ, συνδρομ",
};

pub const TURKISH: Language = Language {
    tag: "tr",
    headers: &[
        ("email", "e-posta, eposta, e-posta adresi, elektronik posta, mail adresi"),
        ("phone", "cep telefonu, telefon numarası, gsm no, cep no"),
        ("customer_id", "müşteri no, müşteri numarası, müşteri kimliği"),
        ("first_name", "ad, adı, isim"),
        ("last_name", "soyad, soyadı, soyisim"),
        ("name", "ad soyad, adı soyadı, tam ad"),
        ("timezone", "saat dilimi"),
        ("locale", "dil"),
        ("address.line1", "sokak, cadde"),
        ("address.line1", "açık adres"),
        ("address.city", "şehir, il, kent"),
        ("address.region", "bölge, ilçe"),
        ("address.postal_code", "posta kodu"),
        ("address.country", "ülke"),
        ("address.company", "şirket, kurum"),
        (
            "consent.email",
            "izin, e-posta izni, eposta izni, onay, rıza, pazarlama izni, bülten, abone, bülten aboneliği, ticari ileti izni, \
            kvkk onayı, kvkk izni, pazarlama onayı, bülten izni",
        ),
        ("consent.sms", "sms izni, sms onayı"),
        ("opt_out", "engelli, engellendi, iletişim istemiyor, kara liste"),
        ("opt_out.email", "abonelikten çıktı, abonelikten çıkan, ret, abonelikten ayrıldı, abonelik iptali"),
        ("opt_out_at.email", "abonelikten çıkış tarihi, abonelik iptal tarihi"),
        ("status", "durum, abonelik durumu, üyelik durumu"),
    ],
    yes: "evet, doğru, onaylandı, verildi, onay, var",
    no: "hayır, yanlış, reddedildi, verilmedi, ret, yok",
    subscribed: "abone, kayıtlı",
    active: "aktif, etkin, bilinmiyor",
    denied: "abonelikten çıktı, pasif, engellendi, inaktif, iptal, çıktı, onaylanmadı, silindi",
    smells: "abonelik, abone, bulten, kvkk, pazarlama, karaliste, izni, onayi, engellen",
};
