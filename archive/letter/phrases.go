package letter

// The words by which mail programs and people of many languages mark older letters and signatures. All in small letters; compared
// with text in small letters. Grow these tables from real mail, and put the mail into the tests.

// wroteVerbs end an introduction: "On Friday, Bree wrote:".
var wroteVerbs = []string{
	"wrote", "writes", "said", "says", "spake", "typed", "scribbled", "a écrit", "a ecrit", "écrit", "écrivait", "schrieb", "schreibt",
	"geschrieben", "escribió", "escribio", "escribía", "va escriure", "escreveu", "ha scritto", "scrive", "scrisse", "schreef", "geschreven",
	"skrev", "skreiv", "skrifaði", "kirjoitti", "kirjutas", "napisał", "napisała", "napisał(a)", "pisze", "napsal", "napsala", "napsal(a)",
	"napísal", "napísala", "napísal(a)", "napisao", "napisala", "napisao/la", "je napisal", "írta", "írta:", "написал", "написала",
	"написал(а)", "пишет", "писал", "писала", "писали", "написав", "написав(ла)", "пише", "написа", "је написао", "напісаў", "yazdı", "yazmış", "şunu yazdı",
	"έγραψε", "a scris", "rakstīja", "rašė", "shkroi", "menulis", "ditulis", "đã viết", "viết", "เขียนว่า", "เขียน", "כתב", "כתבה", "כתב/ה", "كتب",
	"نوشت", "写道", "寫道", "写到", "は書きました", "のメッセージ", "님이 작성", "작성", "wrote on", "quotation",
}

// midVerbs may stand inside an introduction that ends in a name: "Am Freitag schrieb Bree:".
var midVerbs = map[string]bool{
	"schrieb": true, "schreef": true, "skrev": true, "skreiv": true, "geschrieben": true, "napisał": true, "napisał(a)": true, "wrote": true,
	"writes": true, "escribió": true, "написал": true, "пишет": true, "писали": true, "írta": true, "said": true, "kirjoitti": true, "написав": true, "מאת": true, "כתב": true,
	"كتابة": true, "كتب": true,
}

// starters begin an introduction. Weekdays and digits do too.
var starters = map[string]bool{
	"on": true, "at": true, "le": true, "am": true, "il": true, "el": true, "em": true, "op": true, "den": true, "på": true, "w": true,
	"dnia": true, "in": true, "dne": true, "dňa": true, "dana": true, "ma": true, "ke": true, "to": true, "a": true, "pada": true, "vào": true,
	"în": true, "la": true, "στις": true, "la:": true, "na": true, "u": true, "от": true, "в": true, "во": true, "quoting": true, "citando": true,
	"zitat": true, "citation": true, "citat": true, "în data": true, "nel": true, "ב": true, "בתאריך": true, "في": true, "wł": true, "de": true, "del": true,
}

// weekdays in short and long form, without the dot, as introductions begin with them.
var weekdays = map[string]bool{
	"mon": true, "tue": true, "wed": true, "thu": true, "fri": true, "sat": true, "sun": true, "monday": true, "tuesday": true,
	"wednesday": true, "thursday": true, "friday": true, "saturday": true, "sunday": true, "tues": true, "weds": true, "thur": true,
	"thurs": true, "mo": true, "di": true, "mi": true, "do": true, "fr": true, "sa": true, "so": true, "montag": true, "dienstag": true,
	"mittwoch": true, "donnerstag": true, "freitag": true, "samstag": true, "sonntag": true, "lun": true, "mar": true, "mer": true, "jeu": true,
	"ven": true, "sam": true, "dim": true, "lundi": true, "mardi": true, "mercredi": true, "jeudi": true, "vendredi": true, "samedi": true,
	"dimanche": true, "mié": true, "jue": true, "vie": true, "sáb": true, "dom": true, "seg": true, "ter": true, "qua": true, "qui": true,
	"sex": true, "gio": true, "sab": true, "lunedì": true, "martedì": true, "mercoledì": true, "giovedì": true, "venerdì": true, "wo": true,
	"za": true, "zo": true, "vr": true, "maandag": true, "dinsdag": true, "woensdag": true, "donderdag": true, "vrijdag": true, "man": true,
	"tir": true, "ons": true, "tor": true, "fre": true, "lør": true, "søn": true, "mån": true, "tis": true, "tors": true, "lör": true, "sön": true,
	"ti": true, "ke": true, "pe": true, "la": true, "su": true, "pon": true, "wt": true, "śr": true, "czw": true, "pt": true, "sob": true,
	"niedz": true, "po": true, "út": true, "st": true, "čt": true, "pá": true, "ne": true, "пн": true, "вт": true, "ср": true, "чт": true,
	"пт": true, "сб": true, "вс": true, "нд": true, "понедельник": true, "вторник": true, "среда": true, "четверг": true, "пятница": true,
	"суббота": true, "воскресенье": true, "pzt": true, "sal": true, "çar": true, "per": true, "cum": true, "cmt": true, "paz": true,
}

// headerClass is what a line of a quoted message header tells.
type headerClass uint8

const (
	headerFrom headerClass = 1 << iota
	headerDate
	headerTo
	headerSubject
	headerCc
	headerRaw // only in headers as they travel: somebody pasted them, no program quotes them so
)

// headerNames are the names above a quoted letter: "From:", "Gesendet:", "Objet :".
var headerNames = map[string]headerClass{
	"from": headerFrom, "von": headerFrom, "de": headerFrom, "da": headerFrom, "van": headerFrom, "fra": headerFrom, "från": headerFrom,
	"lähettäjä": headerFrom, "od": headerFrom, "feladó": headerFrom, "от": headerFrom, "от кого": headerFrom, "від": headerFrom,
	"kimden": headerFrom, "gönderen": headerFrom, "από": headerFrom, "de la": headerFrom, "发件人": headerFrom, "寄件者": headerFrom,
	"寄件人": headerFrom, "差出人": headerFrom, "送信者": headerFrom, "보낸 사람": headerFrom, "보낸사람": headerFrom, "expéditeur": headerFrom,
	"remitente": headerFrom, "remetente": headerFrom, "mittente": headerFrom, "afzender": headerFrom, "absender": headerFrom,
	"avsändare": headerFrom, "afsender": headerFrom, "kohde": headerFrom, "מאת": headerFrom, "من": headerFrom, "dari": headerFrom, "từ": headerFrom,

	"sent": headerDate, "date": headerDate, "gesendet": headerDate, "datum": headerDate, "envoyé": headerDate, "envoyé le": headerDate,
	"enviado": headerDate, "enviado el": headerDate, "enviado em": headerDate, "enviada em": headerDate, "enviada": headerDate, "fecha": headerDate,
	"data": headerDate, "inviato": headerDate, "verzonden": headerDate, "sendt": headerDate, "dato": headerDate, "skickat": headerDate,
	"lähetetty": headerDate, "päivämäärä": headerDate, "päiväys": headerDate, "wysłano": headerDate, "wysłane": headerDate,
	"odesláno": headerDate, "odoslané": headerDate, "dátum": headerDate, "elküldve": headerDate, "отправлено": headerDate, "дата": headerDate,
	"надіслано": headerDate, "gönderildi": headerDate, "tarih": headerDate, "ημερομηνία": headerDate, "trimis": headerDate, "发送时间": headerDate,
	"日期": headerDate, "傳送時間": headerDate, "寄件日期": headerDate, "日時": headerDate, "送信日時": headerDate, "보낸 날짜": headerDate, "날짜": headerDate,
	"message du": headerDate, "date d'envoi": headerDate, "poslano": headerDate, "נשלח": headerDate, "تاريخ": headerDate, "tanggal": headerDate,

	"to": headerTo, "an": headerTo, "à": headerTo, "a": headerTo, "pour": headerTo, "para": headerTo, "aan": headerTo, "til": headerTo,
	"till": headerTo, "vastaanottaja": headerTo, "do": headerTo, "komu": headerTo, "pre": headerTo, "címzett": headerTo, "кому": headerTo,
	"kime": headerTo, "alıcı": headerTo, "προς": headerTo, "către": headerTo, "收件人": headerTo, "收件者": headerTo, "宛先": headerTo,
	"받는 사람": headerTo, "받는사람": headerTo, "destinataire": headerTo, "empfänger": headerTo, "za": headerTo, "אל": headerTo, "إلى": headerTo,
	"kepada": headerTo, "đến": headerTo,

	"subject": headerSubject, "betreff": headerSubject, "objet": headerSubject, "sujet": headerSubject, "asunto": headerSubject,
	"assunto": headerSubject, "oggetto": headerSubject, "onderwerp": headerSubject, "emne": headerSubject, "ämne": headerSubject,
	"aihe": headerSubject, "temat": headerSubject, "předmět": headerSubject, "predmet": headerSubject, "tárgy": headerSubject, "тема": headerSubject,
	"konu": headerSubject, "θέμα": headerSubject, "subiect": headerSubject, "主题": headerSubject, "主旨": headerSubject, "件名": headerSubject,
	"제목": headerSubject, "subj": headerSubject, "נושא": headerSubject, "الموضوع": headerSubject, "subjek": headerSubject, "chủ đề": headerSubject,

	"cc": headerCc, "kopie": headerCc, "copie": headerCc, "copie à": headerCc, "kopia": headerCc, "копия": headerCc, "копія": headerCc, "kopi": headerCc,
	"reply-to": headerCc, "répondre à": headerCc, "bcc": headerCc, "importance": headerCc, "priority": headerCc, "wichtigkeit": headerCc,
	"attachments": headerCc, "antwort an": headerCc, "抄送": headerCc, "副本": headerCc, "organization": headerCc, "reply to": headerCc,

	"received": headerRaw, "return-path": headerRaw, "message-id": headerRaw, "mime-version": headerRaw, "content-type": headerRaw,
	"content-transfer-encoding": headerRaw, "dkim-signature": headerRaw, "delivered-to": headerRaw, "authentication-results": headerRaw,
	"x-mailer": headerRaw, "user-agent": headerRaw, "in-reply-to": headerRaw, "references": headerRaw, "x-spam-status": headerRaw,
	"list-id": headerRaw, "list-unsubscribe": headerRaw, "sender": headerRaw, "errors-to": headerRaw, "envelope-to": headerRaw,
}

// separators stand in a ruled line above an older letter: "-----Original Message-----". What follows such a line is not the
// author's.
var separators = []string{
	"original message", "original appointment", "original email", "original e-mail", "ursprüngliche nachricht", "ursprungliche nachricht",
	"originalnachricht", "original-nachricht", "originale nachricht", "message d'origine", "message d’origine", "message original",
	"courriel original", "mensaje original", "mensagem original", "messaggio originale", "messaggio original", "oorspronkelijk bericht",
	"origineel bericht", "oprindelig meddelelse", "oprindelig besked", "opprinnelig melding", "original meddelande", "originalmeddelande",
	"ursprungligt meddelande", "ursprungsmeddelande", "alkuperäinen viesti", "wiadomość oryginalna", "oryginalna wiadomość", "původní zpráva",
	"původní e-mail", "pôvodná správa", "eredeti üzenet", "исходное сообщение", "оригинальное сообщение", "вихідне повідомлення",
	"оригінальне повідомлення", "orijinal ileti", "orijinal mesaj", "özgün ileti", "αρχικό μήνυμα", "mesaj original", "mesajul original",
	"izvorna poruka", "originalna poruka", "izvirno sporočilo", "原始邮件", "原始郵件", "原邮件", "元のメッセージ", "원본 메시지", "원본 메일", "tin nhắn gốc",
	"pesan asli", "הודעה מקורית", "الرسالة الأصلية", "mensaje citado", "reply message", "original-message",
}

// forwards stand above a letter that is handed on.
var forwards = []string{
	"forwarded message", "forwarded email", "forwarded by", "begin forwarded message", "forward header", "begin forwarded text", "forwarded text", "begin forwarded mail", "forwarded mail", "weitergeleitete nachricht",
	"weitergeleitet von", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail", "message transféré", "message transmis",
	"message réexpédié", "début du message réexpédié", "début du message transféré", "mensaje reenviado", "inicio del mensaje reenviado",
	"mensagem encaminhada", "mensagem reencaminhada", "início da mensagem encaminhada", "início da mensagem reencaminhada",
	"messaggio inoltrato", "inizio messaggio inoltrato", "inizio del messaggio inoltrato", "doorgestuurd bericht", "begin doorgestuurd bericht",
	"videresendt besked", "videresendt meddelelse", "videresendt melding", "videresendt e-mail", "vidarebefordrat meddelande",
	"vidarebefordrat brev", "vidarebefordrat mejl", "välitetty viesti", "edelleenlähetetty viesti", "przekazana wiadomość",
	"wiadomość przekazana", "přeposlaná zpráva", "preposlaná správa", "továbbított üzenet", "továbbított levél", "пересылаемое сообщение",
	"пересланное сообщение", "перенаправленное сообщение", "переслане повідомлення", "iletilen mesaj", "yönlendirilen ileti", "iletilmiş ileti",
	"προωθημένο μήνυμα", "mesaj redirecționat", "proslijeđena poruka", "posredovano sporočilo", "转发邮件", "轉寄郵件", "转发的邮件", "転送メッセージ",
	"転送されたメッセージ", "전달된 메시지", "전달된 메일", "pesan terusan", "tin nhắn được chuyển tiếp", "הודעה שהועברה", "رسالة معاد توجيهها",
}

// answersInside are words by which people say that their answers stand inside the quoted letter.
var answersInside = []string{
	"inline", "in line below", "see below", "answers below", "answer below", "my comments below", "comments below", "replies below",
	"see my answers", "in red", "in blue", "in green", "[my answers", "between the lines", "siehe unten", "antworten unten", "meine antworten",
	"in rot", "in blau", "voir ci-dessous", "ci-dessous", "en rouge", "en bleu", "ver abajo", "más abajo", "en rojo", "en azul", "vedi sotto",
	"qui sotto", "in rosso", "zie onder", "zie hieronder", "in het rood", "se nedenfor", "se nedan", "ниже", "красным", "poniżej", "na czerwono",
	"veja abaixo", "abaixo", "em vermelho", "aşağıda",
}
