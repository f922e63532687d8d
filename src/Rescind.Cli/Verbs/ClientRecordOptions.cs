using Rescind.Cli.Http;

namespace Rescind.Cli.Verbs;

/// <summary>The options that make up a client's record.</summary>
internal sealed class ClientRecordOptions
{
    private static readonly string[] KnownScopes = ["sessions", "revoke", "revoke.broad", "feed", "introspect", "admin"];

    public Option<string[]> Scopes { get; } = List(
        "--scope", "--scopes",
        $"What it may do here: {string.Join(", ", KnownScopes)}; repeat for several. An API that verifies needs feed.",
        $"one of {string.Join(", ", KnownScopes)}", text => KnownScopes.Contains(text));

    private Option<string[]> Clients { get; } = List(
        "--clients", "--client", "A client that it may start sessions for; repeat for several.", IdWords, IsId);

    private Option<string[]> Issuers { get; } = List(
        "--issuers", "--issuer", "Another issuer that it may revoke for; repeat for several.",
        "an absolute URL of at most 512 characters",
        text => text.Length <= 512 && Uri.IsWellFormedUriString(text, UriKind.Absolute));

    private Option<string[]> Origins { get; } = List(
        "--origin", "--origins", "An origin whose pages may call with its tokens (CORS); repeat for several.",
        "scheme://host[:port] without a path", IsOrigin);

    private Option<string?> LogoutUri { get; } = new Option<string?>("--backchannel-logout")
    {
        Description = "Where it is told which of its sessions ended.", HelpName = "url",
    }.MustBeUrl(mayBeEmpty: true);

    public IReadOnlyList<Option> All => [Scopes, Clients, Issuers, Origins, LogoutUri];

    /// <summary>What an id of a client is, in words that follow "must be".</summary>
    public const string IdWords = "1 to 64 letters, digits, '-', '.', '_' or '~', and neither '.' nor '..'";

    public static bool IsId(string text) =>
        text.Length is > 0 and <= 64 && text is not ("." or "..")
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_' or '~');

    public void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>A body with what was named; empty values count as an empty list.</summary>
    public JsonObject Read(ParseResult parsed)
    {
        var body = new JsonObject();
        body.AddIfThere("scopes", ArrayOf(parsed, Scopes));
        body.AddIfThere("clients", ArrayOf(parsed, Clients));
        body.AddIfThere("issuers", ArrayOf(parsed, Issuers));
        body.AddIfThere("origins", ArrayOf(parsed, Origins));
        body.AddIfThere("backchannel_logout_uri", parsed.GetValue(LogoutUri));
        return body;
    }

    private static JsonArray? ArrayOf(ParseResult parsed, Option<string[]> option) =>
        parsed.GetResult(option) is null or { Implicit: true }
            ? null
            : Bodies.ArrayOf(Words(parsed.GetRequiredValue(option)));

    // Also "feed introspect", as OAuth writes scopes; none of these values holds a blank.
    private static IEnumerable<string> Words(IEnumerable<string> values) =>
        values.SelectMany(value => value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Distinct();

    private static Option<string[]> List(string name, string alias, string about, string what, Func<string, bool> holds) =>
        new Option<string[]>(name, alias) { Description = about }.MustBe(what, value => Words([value]).All(holds));

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" && url.UserInfo.Length == 0
        && text.Length <= 512 && url.GetLeftPart(UriPartial.Authority) == text;
}
