using System.Globalization;
using System.Text.Json;
using CsCheck;

namespace Rescind.Tests.Claims;

/// <summary>What tokens carry every day is left alone.</summary>
public sealed class OrdinaryValues
{
    private const string Base64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private const string Base32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private static readonly Gen<string> Uuids = Gen.Guid.Select(id => id.ToString());
    private static readonly Gen<string> Seconds = Gen.Long[1_000_000_000, 2_500_000_000].Select(Text);
    // In microseconds the year 2040 looks like a card.
    private static readonly Gen<string> Finer = Gen.Select(
        Gen.Long[1_000_000_000, 2_200_000_000], Gen.OneOf(Gen.Const(1_000L), Gen.Const(1_000_000L), Gen.Const(1_000_000_000L)),
        (second, unit) => Text((second * unit) + (second * 7919 % unit)));
    private static readonly Gen<string> Instants = Gen.Long[0, 4_000_000_000].Select(
        second => DateTimeOffset.FromUnixTimeSeconds(second).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
    private static readonly Gen<string> Ids = Gen.Char[Base64Url].Array[16, 64].Select(chars => "id" + new string(chars));
    private static readonly Gen<string> Ulids = Gen.Char[Base32].Array[24].Select(chars => "01" + new string(chars));
    private static readonly Gen<string> Small = Gen.Long[0, 999_999_999_999].Select(Text);
    // Sixteen digits, of which none is a letter by chance, can be a card.
    private static readonly Gen<string> Hex = Gen.Byte.Array[9, 32].Select(Convert.ToHexStringLower);
    private static readonly Gen<string> Names = Gen.Char["abcdefghijklmnopqrstuvwxyz"].Array[1, 12]
        .Select(chars => new string(chars));
    private static readonly Gen<string> Paths = Names.Array[1, 5].SelectMany(
        names => Gen.Char["./:-_ "].Select(between => string.Join(between, names)));

    [Theory]
    [InlineData("buyer")]
    [InlineData("acme")]
    [InlineData("orders.read orders.write")]
    [InlineData("urn:example:role:admin")]
    [InlineData("https://shop.example.com/users/42?tab=orders#top")]
    [InlineData("https://alice@shop.example.com/")]
    [InlineData("alice@localhost")]
    [InlineData("@alice")]
    [InlineData("@scope/package@1.2.3")]
    [InlineData("package@1.2.3")]
    [InlineData("git@github.com:shop/orders.git")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36")]
    [InlineData("203.0.113.7")]
    [InlineData("2001:db8::4111:1111:1111:1111")]
    [InlineData("1.2.3+build.4567890")]
    [InlineData("+02:00")]
    [InlineData("+1")]
    [InlineData("+0123456789")]
    [InlineData("de-CH")]
    [InlineData("2026-11-23T10:00:00Z")]
    [InlineData("2026-11-23 10:00:00")]
    [InlineData("1767225600123456")]
    [InlineData("4111111111111112")]
    [InlineData("41111111111111111111")]
    [InlineData("0.4111111111111111")]
    [InlineData("a4111111111111111")]
    [InlineData("order-4111111111111111")]
    [InlineData("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6")]
    [InlineData("756.9217.0769.84")]
    [InlineData("529.982.247-26")]
    [InlineData("111.111.111-11")]
    [InlineData("RSSMRA85T10A562T")]
    [InlineData("255081416802539")]
    [InlineData("131052-308S")]
    [InlineData("sk_customer_2024_overview_page1")]
    [InlineData("rt_settings")]
    [InlineData("sk-SK")]
    [InlineData("hf_model_download_requests_total_by_region_2024")]
    [InlineData("eyJ.a.b")]
    [InlineData("eyJ0aGlzIjoibm8gdG9rZW4ifQ")]
    [InlineData("password")]
    [InlineData("the password= field is empty")]
    [InlineData("reset-password=true")]
    [InlineData("$5 off")]
    [InlineData("$6,000 limit for this quarter")]
    [InlineData("a/b@c")]
    [InlineData("")]
    [InlineData("a\ud800b")]
    public void A_text_is_left_alone(string text) => ClaimsGuard.Find("note", text).ShouldBeNull();

    [Theory]
    [InlineData("role")]
    [InlineData("email_verified")]
    [InlineData("password_changed_at")]
    [InlineData("password_expires_in")]
    [InlineData("secret_santa")]
    [InlineData("secretary")]
    [InlineData("pinned")]
    [InlineData("shipping")]
    [InlineData("token_type")]
    [InlineData("key_id")]
    [InlineData("passport_control")]
    [InlineData("a_name_of_more_than_sixty_four_characters_which_ends_as_it_should_not_with_password")]
    public void A_name_is_left_alone(string name) => ClaimsGuard.Find(name, "x").ShouldBeNull();

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("null")]
    public void Whether_there_is_a_secret_is_no_secret(string json) =>
        ClaimsGuard.Find("has_password", JsonElement.Parse(json)).ShouldBeNull();

    [Theory]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"a","y":"b"}""")]
    [InlineData("""{"d":"4"}""")]
    [InlineData("""[1.5, -1, 1e9, [], {}, {"a":[null]}]""")]
    public void A_value_that_is_no_text_is_left_alone(string json) =>
        ClaimsGuard.Find("note", JsonElement.Parse(json)).ShouldBeNull();

    [Fact]
    public void Ids_instants_counts_and_names_are_left_alone() =>
        Gen.OneOf(Uuids, Seconds, Finer, Instants, Ids, Ulids, Small, Hex, Names, Paths).Sample(
            text => ClaimsGuard.Find("note", text) is null, iter: Cases.Of(0.5));

    // Anything with backtracking or a second loop over the rest would not come back from these in a lifetime of test runs.
    [Theory]
    [InlineData("@")]
    [InlineData("a@")]
    [InlineData("a.")]
    [InlineData("1")]
    [InlineData("1 ")]
    [InlineData("4111 ")]
    [InlineData("password=")]
    [InlineData("://a:b")]
    [InlineData("eyJ")]
    [InlineData("sk_a1")]
    [InlineData(": ")]
    [InlineData("+1")]
    [InlineData("PRIVATE KEY----")]
    public async Task A_hostile_text_of_a_million_characters_is_judged_in_time(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, 1_000_000 / part.Length)) + "!";

        await Task.Run(() => ClaimsGuard.Find("note", text))
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
