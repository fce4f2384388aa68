package letter

// mobilePrefixes begin the line with which phones and mail programs sign. Small letters.
var mobilePrefixes = []string{
	"sent from my ", "sent from ", "sent via ", "sent using ", "sent with ", "sent by my ", "get outlook for ", "download outlook for ",
	"get bluemail for ", "envoyé de mon ", "envoyé de ma ", "envoyé depuis ", "envoyé à partir de ", "envoyé à partir d'", "envoyé avec ",
	"obtenir outlook pour ", "télécharger outlook pour ", "téléchargez outlook pour ", "obtenez outlook pour ", "gesendet von ", "gesendet mit ",
	"gesendet aus ", "diese nachricht wurde von meinem ", "holen sie sich outlook für ", "enviado desde ",
	"enviado do meu ", "enviado da minha ", "enviado do ", "enviado a partir ", "enviado con ", "enviado com ", "enviado via ", "obtener outlook para ",
	"obter o outlook para ", "obter outlook para ", "baixar o outlook para ", "inviato da ", "inviato dal ", "inviato con ", "scarica outlook per ",
	"ottieni outlook per ", "verzonden vanaf ", "verzonden met ", "verstuurd vanaf ", "verstuurd met ", "outlook voor ", "skickat från ",
	"skickades från ", "hämta outlook för ", "sendt fra ", "sendt med ", "hent outlook til ", "hent outlook for ", "få outlook for ", "få outlook til ",
	"lähetetty ", "hanki outlook ", "wysłane z ", "wysłano z ", "wysłane przy ", "pobierz outlook ", "pobierz program outlook ", "odesláno z ",
	"odesláno ze ", "získat outlook ", "odoslané z ", "odoslané zo ", "získajte outlook ", "küldve ", "elküldve ", "отправлено с ",
	"отправлено из ", "отправлено от ", "отправлено через ", "получить outlook для ", "скачать outlook для ", "надіслано з ", "надіслано зі ",
	"відправлено з ", "изпратено от ", "poslano z ", "poslano s ", "poslano iz ", "poslato sa ", "trimis de pe ", "trimis din ", "στάλθηκε από ",
	"εστάλη από ", "dikirim dari ", "được gửi từ ", "đã gửi từ ", "gửi từ ", "ส่งจาก", "发自我的", "发自", "發自我的", "從我的", "从我的", "傳送自",
	"iphoneから", "נשלח מ", "أرسلت من ", "أُرسلت من ", "مرسل من ", "مُرسل من ", "ارسال شده از ", "saadetud ", "išsiųsta iš ", "nosūtīts no ",
	"enviat des ", "bidalia ",
}

// mobileCompanions are the prefixes that people use too ("Sent with love"); they count only together with a device.
var mobileCompanions = map[string]bool{
	"sent with ": true, "sent using ": true, "gesendet mit ": true, "envoyé avec ": true, "enviado con ": true, "enviado com ": true,
	"inviato con ": true, "sendt med ": true, "verzonden met ": true, "verstuurd met ": true,
}

// devices are what such lines are about.
var devices = []string{
	"mail", "phone", "ipad", "ipod", "android", "samsung", "galaxy", "huawei", "xiaomi", "blackberry", "outlook", "windows", "mobil", "tablet",
	"handy", "telefon", "smartphone", "app", "spark", "sparrow", "proton", "tutanota", "tuta", "unibox", "polymail", "boxer", "superhuman", "hey",
	"携帯", "아이폰",
}

// mobileSuffixes end such a line in languages that put the verb last; they count only together with a device.
var mobileSuffixes = []string{
	" gesendet", " herunterladen", " gönderildi", "'dan gönderildi", "den gönderildi", "から送信", "から送信しました", "에서 보냄", "에서 발송",
	" lähetetty", " küldve", " küldött üzenet", " elküldve", " downloaden", " ophalen", " verzonden", "傳送", "发送的", "से भेजा गया",
}

// closings are the formulas that end a letter and carry no message. Words that thank or greet a person ("Thanks", "Cheers", "Best")
// stay: people mean them. Small letters.
var closings = []string{
	"regards", "best regards", "kind regards", "kindest regards", "warm regards", "warmest regards", "with kind regards", "with best regards",
	"many regards", "best wishes", "with best wishes", "yours sincerely", "yours faithfully", "yours truly", "sincerely", "sincerely yours",
	"very truly yours", "respectfully", "respectfully yours", "cordially", "mit freundlichen grüßen", "mit freundlichen grüssen",
	"mit freundlichem gruß", "mit freundlichem gruss", "mit besten grüßen", "mit besten grüssen", "freundliche grüße", "freundliche grüsse",
	"viele grüße", "viele grüsse", "beste grüße", "beste grüsse", "liebe grüße", "liebe grüsse", "herzliche grüße", "herzliche grüsse",
	"schöne grüße", "schönen gruß", "gruß", "grüße", "hochachtungsvoll", "mfg", "cordialement", "bien cordialement", "très cordialement",
	"salutations", "sincères salutations", "meilleures salutations", "salutations distinguées", "bien à vous", "respectueusement", "saludos",
	"saludos cordiales", "un saludo", "un cordial saludo", "cordialmente", "atentamente", "atenciosamente", "cumprimentos",
	"com os melhores cumprimentos", "melhores cumprimentos", "respeitosamente", "cordiali saluti", "distinti saluti", "saluti", "cari saluti",
	"met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groet", "vriendelijke groeten", "met hartelijke groet", "hoogachtend",
	"mvg", "med vänlig hälsning", "med vänliga hälsningar", "vänliga hälsningar", "vänligen", "hälsningar", "mvh", "med venlig hilsen",
	"venlig hilsen", "med vennlig hilsen", "vennlig hilsen", "hilsen", "ystävällisin terveisin", "terveisin", "parhain terveisin", "pozdrawiam",
	"z poważaniem", "serdecznie pozdrawiam", "s pozdravem", "s pozdravom", "s úctou", "üdvözlettel", "tisztelettel", "с уважением",
	"с наилучшими пожеланиями", "з повагою", "с уважение", "s poštovanjem", "lijep pozdrav", "lep pozdrav", "saygılarımla", "iyi çalışmalar",
	"με εκτίμηση", "cu stimă", "cu respect", "hormat saya", "trân trọng", "此致", "敬具", "よろしくお願いします", "よろしくお願いいたします",
}

// footerPhrases occur in footers of lists, of free mail services and of virus scanners; right below a rule one of them is enough.
// Small letters.
var footerPhrases = []string{
	"mailing list", "mailinglist", "unsubscribe", "listinfo", "subscription options", "subscribed to", "because you subscribed",
	"email is sponsored", "yahoo! groups", "google groups", "groups.io", "view this message online", "reply to this email directly",
	"view it on github", "list archive", "for additional commands", "posting guidelines", "liste de diffusion", "se désabonner", "désinscri",
	"newsletter abmelden", "abbestellen", "austragen", "lista de correo", "lista de discussão", "darse de baja", "cancelar a inscrição",
	"disiscri", "annullare l'iscrizione", "uitschrijven", "afmelden", "отписаться", "рассылк",

	"msn hotmail", "hotmail on your mobile", "msn messenger:", "msn photos", "join.msn.com", "do you yahoo", "get your free", "free email at",
	"scanned for viruses", "scanned for all viruses", "certified virus free", "virus database", "anti-virus", "checked by avg", "avast antivirus",
	"virus-free", "this email has been scanned",
}

// disclaimerPhrases occur in disclaimers. People use such words too, so it takes two of them. Small letters.
var disclaimerPhrases = []string{
	"confidential", "privileged", "intended recipient", "intended only for", "intended solely", "disclaimer", "any attachments", "any files transmitted",
	"received this e", "in error", "registered in england", "registered office", "before printing", "before you print", "not necessarily reflect",
	"vertraulich", "handelsregister", "geschäftsführer", "nicht der richtige adressat", "irrtümlich erhalten", "confidentiel", "destinataire",
	"par erreur", "pièces jointes", "confidencial", "destinatario", "destinatário", "por error", "por engano", "riservate", "riservata",
	"uso esclusivo", "per errore", "allegati", "vertrouwelijk", "geadresseerde", "bijlagen", "konfidentiell", "fortrolig", "poufne", "poufna",
	"конфиденциальн", "gizli",
}

// footerBeginnings begin a last paragraph that is a footer even without a rule. Small letters.
var footerBeginnings = []string{
	"to unsubscribe", "you received this message because you are subscribed", "you are receiving this because", "you received this email because",
	"you are receiving this email because", "this email was sent to", "your use of yahoo! groups", "confidentiality notice",
	"important notice:", "this message is confidential", "this email and any attachments", "this e-mail and any attachments",
	"this message and any attachments", "this email is confidential", "this e-mail is confidential", "the information contained in this",
	"please consider the environment", "consider the environment before", "diese e-mail enthält vertrauliche", "diese e-mail kann vertrauliche",
	"ce message et toutes les pièces jointes", "ce message et ses pièces jointes", "ce courriel et", "este mensaje y sus archivos",
	"este mensaje contiene", "este mensaje es confidencial", "esta mensagem e seus anexos", "esta mensagem pode conter",
	"le informazioni contenute in questo messaggio", "questo messaggio e", "dit bericht en eventuele bijlagen", "deze e-mail en eventuele",
	"virus-free.", "virenfrei.", "garanti sans virus", "this email has been checked for viruses", "diese e-mail wurde von avast",
	"if you are not the intended recipient", "if you have received this e", "view this thread online", "reply to this email directly or view it on",
}
