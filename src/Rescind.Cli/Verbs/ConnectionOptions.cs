using System.Diagnostics.CodeAnalysis;
using Rescind.Cli.Http;

namespace Rescind.Cli.Verbs;

/// <summary>The options by which every verb finds its Authority and its credentials.</summary>
internal static class ConnectionOptions
{
    public const string DefaultFolder = Credentials.DefaultFolder;
    public const string DefaultAuthority = "http://127.0.0.1:7070";
    private const string AuthorityKey = "RESCIND_AUTHORITY";
    private const string AddressWords = "an absolute http or https URL without user, query and fragment";

    public static Option<string?> Authority { get; } = new Option<string?>("--authority")
    {
        Description = $"The Authority's URL. Default: {AuthorityKey}, else {DefaultAuthority}.",
        HelpName = "url",
        Recursive = true,
    }.MustBe(AddressWords, static text => TryReadAddress(text, out _));

    public static Option<string?> Data { get; } = new Option<string?>("--data")
    {
        Description = $"The Authority's data folder; verbs take its admin.json as credentials. Default: {DefaultFolder}.",
        HelpName = "folder",
        Recursive = true,
    }.MustBe("the path of a folder", static text => text.Length > 0);

    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Write JSON and nothing else to standard output.",
        Recursive = true,
    };

    /// <summary>
    /// Whether somebody named an Authority, so that not reaching it is a failure for verbs that could do without.
    /// </summary>
    public static bool IsAuthorityNamed(ParseResult parsed) =>
        (parsed.GetValue(Authority) ?? Surroundings.Variable(AuthorityKey)) is { Length: > 0 };

    /// <summary>The Authority's address. Plain http is for this machine alone: a secret would travel in clear.</summary>
    public static Uri AddressOf(ParseResult parsed)
    {
        var text = parsed.GetValue(Authority) ?? Surroundings.Variable(AuthorityKey);
        text = string.IsNullOrEmpty(text) ? DefaultAuthority : text;
        if (!TryReadAddress(text, out var uri))
        {
            throw new VerbFailure(ExitCode.Usage, $"{AuthorityKey} must be {AddressWords}.",
                next: $"Pass --authority or set {AuthorityKey}, for example {DefaultAuthority}.");
        }

        return uri.Scheme == "https" || uri.IsLoopback
            ? uri
            : throw new VerbFailure(
                ExitCode.Usage, $"{uri.Host} is not this machine: credentials are not sent to it over plain http.",
                next: "Name the Authority by its https URL.");
    }

    private static bool TryReadAddress(string text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out address) && address.Scheme is "http" or "https"
        && address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0;
}
