using System.Text.Encodings.Web;
using System.Text.Json;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Access;

/// <summary>
/// What somebody would send who wants more than <c>POST /v1/sessions</c> gives: escapes, blanks, look-alikes and
/// invisible characters are on purpose.
/// </summary>
internal static class Spellings
{
    private const string Issuer = AuthorityHost.Issuer;
    private const string Own = Issuer + "/v1";

    /// <summary>Audiences that a lenient reader takes for ours.</summary>
    public static readonly string[] Audiences =
    [
        Own, Own + "/", Own + "//", Own + "/sessions", Own + "?", Own + "?x=1", Own + "#", Own + "#x", Own + "/.", Own + "/x/..",
        Own + "/../v1", Issuer + "//v1", Issuer + "/./v1", Issuer + "/x/../v1", Issuer + "\\v1", Own.ToUpperInvariant(),
        Issuer + "/V1", "HTTP://127.0.0.1:7070/v1", "http://user@127.0.0.1:7070/v1", "http://127.1:7070/v1",
        "http://2130706433:7070/v1", "http://0x7f.0.0.1:7070/v1", "http://127.0.0.1.:7070/v1", "http://127.0.0.1:07070/v1",
        Issuer + "/%76%31", Issuer + "/%2576%2531", Issuer + "%2Fv1", Uri.EscapeDataString(Own), " " + Own, Own + " ", Own + "\t",
        Own + "\n", Own + "\0", Own + "\u00a0", Own + "\u200b", "\ufeff" + Own, Issuer + "/\u00adv1", Issuer + "/\uff561",
        Issuer + "/v\uff11", Issuer + "\uff0fv1", Issuer + "/v\u0301\u0031", Issuer + "/\uff05\u0037\u00361",
    ];

    /// <summary>Audiences that merely look like ours: they may be had, and must be worth nothing.</summary>
    public static readonly string[] OtherAudiences =
    [
        Issuer, Issuer + "/", Issuer + "/v", Issuer + "/v11", Issuer + "/v1x", Issuer + "/\u03bd1", Issuer + "/v\u0661",
        Issuer + "\u2215v1", Issuer + "/v\u00b9", Issuer + "/\u24e51", "https://127.0.0.1:7070/v1", "http://localhost:7070/v1",
        "http://127.0.0.1/v1", "//127.0.0.1:7070/v1", "127.0.0.1:7070/v1", "/v1", "v1", "*", "", $"orders {Own}", $"orders,{Own}",
        $"[\"{Own}\"]", $"\"{Own}\"",
    ];

    /// <summary>Scopes of which a lenient reader takes a part for one of ours.</summary>
    public static readonly string[] Scopes =
    [
        "admin", "sessions", "revoke", "revoke.broad", "feed", "introspect", "orders admin", "admin orders",
        "orders revoke.broad orders.read", "Admin", "ADMIN", "Revoke.Broad", "%61dmin", "%2561dmin", "revoke%2Ebroad",
        "orders%20admin", "orders%2520admin", "orders+admin", "orders,admin", "orders;admin", "orders|admin", "orders%09admin",
        "orders%0Aadmin", "orders%2Cadmin", "admin,", "+admin", "orders%C2%A0admin", "admin%00",
    ];

    /// <summary>Scopes that are no list of names at all (RFC 6749 section 3.3).</summary>
    public static readonly string[] BrokenScopes =
    [
        "", " ", " admin", "admin ", "orders  admin", "orders\tadmin", "orders\nadmin", "orders\u00a0admin", "orders\u2003admin",
        "admin\0", "\uff41dmin", "\u0430dmin", "adm\u0131n", "ad\u200bmin", "\"admin\"", "\\u0061dmin", "orders\"admin",
    ];

    /// <summary>Subjects that a lenient reader takes for an API client.</summary>
    public static readonly string[] Subjects =
    [
        "client:admin", "client:", "Client:admin", "CLIENT:ADMIN", " client:admin", "client :admin", "client: admin",
        "\tclient:admin", "\0client:admin", "client%3Aadmin", "client%253Aadmin", "%63lient:admin", "client\uff1aadmin",
        "\uff43lient:admin", "cl\u00adient:admin", "client\u200b:admin", "\ufeffclient:admin", "c\u0301lient:admin",
        "client\uff05\u0033\u0041admin",
    ];

    /// <summary>Subjects that merely look like one.</summary>
    public static readonly string[] OtherSubjects =
    [
        "admin", "clients:admin", "\u0441lient:admin", "client\u2236admin", "client\u02d0admin", "cl\u0131ent:admin",
        "subject:client:admin", "client", "client\ufe55admin", "\u24d2lient:admin",
    ];

    /// <summary>Names of claims and tags that the Authority sets.</summary>
    public static readonly string[] Claims =
    [
        "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "lpos", "client_id", "scope", "auth_time", "acr", "amr", "cnf",
        "Aud", "SCOPE", "Client_Id", " aud", "aud ", "aud\0", "aud\t", "a\u200bud", "\ufeffaud", "%61ud", "client%5Fid",
        "\uff41ud", "client\uff3fid", "s\u00adid", "sub\u0301", "\uff05\u0036\u0031ud",
    ];

    /// <summary>Ids of clients that are not <c>admin</c>.</summary>
    public static readonly string[] Clients =
    [
        "ADMIN", "admin ", "%61dmin", "admin\0", "client:admin", "\uff41dmin", "web/../admin", "\u0430dmin",
    ];

    /// <summary>Members twice, under other names, of other types, and what is no JSON.</summary>
    public static readonly (string Member, string Json, string Code)[] Broken =
    [
        ("audience", """ "orders","audience":"orders" """, "RSC1105"),
        ("audience", """ "orders","\u0061udience":"orders" """, "RSC1105"),
        ("scope", """ "orders","scope":"admin" """, "RSC1105"), ("scope", """ "orders","s\u0063ope":"admin" """, "RSC1105"),
        ("claims", """ {"x":1,"x":1} """, "RSC1105"), ("claims", """ {"x":1,"\u0078":1} """, "RSC1105"),
        ("claims", """ {"x":{"y":1,"y":1}} """, "RSC1105"), ("tags", """ {"x":"1","\u0078":"1"} """, "RSC1105"),
        ("Audience", "\"orders\"", "RSC1106"), ("aud", "\"orders\"", "RSC1106"), ("\\u0061ud", "\"orders\"", "RSC1106"),
        ("sub", "\"x\"", "RSC1106"), ("sid", "null", "RSC1106"), ("scopes", "\"x\"", "RSC1106"), ("SCOPE", "\"x\"", "RSC1106"),
        ("iss", "\"x\"", "RSC1106"), ("typ", "\"x\"", "RSC1106"), ("grant_type", "\"client_credentials\"", "RSC1106"),
        ("session_id", "\"x\"", "RSC1106"), ("scope", "[\"admin\"]", "RSC1109"), ("subject", "[\"client:admin\"]", "RSC1109"),
        ("audience", "{\"0\":\"orders\"}", "RSC1109"), ("audience", "[[\"orders\"]]", "RSC1109"), ("client_id", "{}", "RSC1109"),
        ("tags", "{\"x\":[\"1\"]}", "RSC1109"), ("scope", "\"\\ud800\"", "RSC1103"),
        ("scope", "\"a\"}{\"scope\":\"admin\"", "RSC1103"), ("scope", "\"a\",/**/\"acr\":\"1\"", "RSC1103"),
        ("scope", "'admin'", "RSC1103"), ("scope", "\"a\",", "RSC1103"), ("scope", "NaN", "RSC1103"),
    ];

    private static readonly JsonSerializerOptions AsItIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The JSON string of <paramref name="text"/>, as it is and with its first character escaped.</summary>
    public static string[] Json(string text) => text.Length == 0
        ? ["\"\""]
        : [JsonSerializer.Serialize(text, AsItIs), $"\"\\u{(int)text[0]:x4}{JsonSerializer.Serialize(text[1..], AsItIs)[1..]}"];
}
