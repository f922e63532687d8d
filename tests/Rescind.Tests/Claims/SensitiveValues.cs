using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Rescind.Tests.Claims;

/// <summary>What should not stand in a token is found, and named by its detector.</summary>
public sealed class SensitiveValues
{
    // Put together here, so that nobody who scans this file takes them for somebody's.
    private const string Random = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6a7B8c9D0e1F2g3";

    private static readonly string Jwt = string.Join(
        '.', Encode("""{"alg":"ES256"}"""), Encode("""{"sub":"alice"}"""), "c2lnbmF0dXJl");

    public static TheoryData<string, string> Texts { get; } = new()
    {
        { "private_key", "-----BEGIN " + "PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----" },
        { "private_key", "-----BEGIN " + "OPENSSH PRIVATE KEY-----" },
        { "private_key", "PuTTY-User-" + "Key-File-3: ssh-ed25519" },
        { "token", Jwt },
        { "token", "Bearer " + Jwt },
        { "token", Jwt + ".c2lnbmF0dXJl.c2lnbmF0dXJl" },
        { "api_key", "rt_" + Random },
        { "api_key", "rt_" + Random[..30] + "-_" + Random[32..] },
        { "api_key", "sk_" + "live_" + Random[..24] },
        { "api_key", "sk_" + Random[..24] },
        { "api_key", "sk-" + "proj-" + Random[..40] },
        { "api_key", "AKIA" + Random[..16].ToUpperInvariant() },
        { "api_key", "ghp_" + Random[..36] },
        { "api_key", "key=ghp_" + Random[..36] + ";" },
        { "password", "$2b$12$" + Random[..53] },
        { "password", "$argon2id$v=19$m=65536,t=3,p=4$" + Random[..40] },
        { "password", "postgres://app:hunter2@db.internal:5432/orders" },
        { "password", "Server=db;User Id=app;Password=hunter2;" },
        { "password", "https://api.example.com/login?user=a&password=hunter2" },
        { "email", "alice@example.com" },
        { "email", "Alice.O'Brien+orders@mail.example.co.uk" },
        { "email", "Alice <alice@example.com>" },
        { "email", "mailto:alice@example.com?subject=hello" },
        { "email", "acct:alice@example.com" },
        { "email", "Write to alice@example.com." },
        { "email", "用户@例子.公司" },
        { "card_number", "4111111111111111" },
        { "card_number", "4111 1111 1111 1111" },
        { "card_number", "4111-1111-1111-1111" },
        { "card_number", "5555555555554444" },
        { "card_number", "2223003122003222" },
        { "card_number", "378282246310005" },
        { "card_number", "3782 822463 10005" },
        { "card_number", "6011111111111117" },
        { "card_number", "3530111333300000" },
        { "card_number", "30569309025904" },
        { "card_number", "paid with 4111111111111111." },
        { "phone_number", "+41446681800" },
        { "phone_number", "+1 (212) 555-0123" },
        { "phone_number", "tel:+41-44-668-18-00" },
        { "national_id", "756.9217.0769.85" },
        { "national_id", "529.982.247-25" },
        { "national_id", "RSSMRA85T10A562S" },
        { "national_id", "255081416802538" },
        { "national_id", "131052-308T" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_is_found_by_its_detector(string detector, string text)
    {
        ClaimsGuard.Find("note", text).ShouldBe(Of("note", detector));
        ClaimsGuard.Find("note", JsonSerializer.SerializeToElement(text)).ShouldBe(Of("note", detector));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_is_found_however_deep_and_in_the_name_of_a_member(string detector, string text)
    {
        Find("profile", new { a = new object[] { 1, "x", new { b = text } } }).ShouldBe(Of("profile", detector));
        Find("members", new Dictionary<string, int> { [text] = 1 }).ShouldBe(Of("members", detector));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_name_that_is_itself_the_secret_is_not_repeated(string detector, string text) =>
        ClaimsGuard.Find(text, JsonSerializer.SerializeToElement(true)).ShouldBe(Of(ClaimsGuard.NameItself, detector));

    [Theory]
    [InlineData("password")]
    [InlineData("Password")]
    [InlineData("db_password")]
    [InlineData("passwordHash")]
    [InlineData("clientSecret")]
    [InlineData("client-secret")]
    [InlineData("api_key")]
    [InlineData("PRIVATE.KEY")]
    [InlineData("ssn")]
    [InlineData("social_security_number")]
    [InlineData("credit_card")]
    [InlineData("refresh_token")]
    [InlineData("https://example.com/claims/password")]
    public void A_name_that_says_so_is_believed_whatever_the_value(string name)
    {
        ClaimsGuard.Find(name, "x").ShouldBe(Of(name, "name"));
        Find(name, 1).ShouldBe(Of(name, "name"));
        Find("account", new Dictionary<string, string> { [name] = "x" }).ShouldBe(Of("account", "name"));
    }

    [Fact]
    public void A_card_is_found_as_a_number_too() => Find("account", 4111111111111111).ShouldBe(Of("account", "card_number"));

    [Theory]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"a","y":"b","d":"c"}""")]
    [InlineData("""{"kty":"oct","k":"c"}""")]
    [InlineData("""{"keys":[{"kty":"RSA","n":"a","d":"b"}]}""")]
    public void A_private_key_as_JSON_is_found(string json) =>
        ClaimsGuard.Find("jwk", JsonElement.Parse(json)).ShouldBe(Of("jwk", "private_key"));

    [Fact]
    public void Every_detector_has_found_something() =>
        Texts.Select(row => row.Data.Item1).Append("name").Distinct()
            .ShouldBe(ClaimsGuard.Detectors.Select(detector => detector.Id), ignoreOrder: true);

    [Fact]
    public void The_guide_lists_every_detector_and_no_other()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!Directory.Exists(Path.Combine(folder!.FullName, "docs", "guide")))
        {
            folder = folder.Parent;
        }

        var rows = File.ReadLines(Path.Combine(folder.FullName, "docs", "guide", "claims-guard.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|'));

        rows.Select(row => (row[1].Trim(' ', '`'), row[2].Trim()))
            .ShouldBe(ClaimsGuard.Detectors.Select(detector => (detector.Id, detector.LooksLike)));
    }

    private static SensitiveClaim? Find(string name, object value) =>
        ClaimsGuard.Find(name, JsonSerializer.SerializeToElement(value));

    private static SensitiveClaim Of(string claim, string detector) =>
        new(claim, ClaimsGuard.Detectors.Single(known => known.Id == detector));

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
