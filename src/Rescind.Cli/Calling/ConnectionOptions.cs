using System.CommandLine;

namespace Rescind.Cli.Calling;

/// <summary>The options by which every verb finds its Authority and its credentials.</summary>
internal static class ConnectionOptions
{
    public const string DefaultFolder = "./data";
    public const string DefaultAuthority = "http://127.0.0.1:7070";
    private const string AuthorityKey = "RESCIND_AUTHORITY";

    public static Option<string?> Authority { get; } = new("--authority")
    {
        Description = $"The Authority's URL. Default: {AuthorityKey}, else {DefaultAuthority}.",
        HelpName = "url",
        Recursive = true,
    };

    public static Option<string?> Data { get; } = new("--data")
    {
        Description = $"The Authority's data folder; verbs take its admin.json as credentials. Default: {DefaultFolder}.",
        HelpName = "folder",
        Recursive = true,
    };

    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Write JSON and nothing else to standard output.",
        Recursive = true,
    };

    /// <summary>Whether somebody named an Authority, so that not reaching it is a failure for verbs that could do without.</summary>
    public static bool IsAuthorityNamed(ParseResult parsed) =>
        (parsed.GetValue(Authority) ?? Environment.GetEnvironmentVariable(AuthorityKey)) is { Length: > 0 };

    /// <summary>The Authority's address. Plain http is for this machine alone: a secret would travel in clear.</summary>
    public static Uri AddressOf(ParseResult parsed)
    {
        var text = parsed.GetValue(Authority) ?? Environment.GetEnvironmentVariable(AuthorityKey);
        text = string.IsNullOrEmpty(text) ? DefaultAuthority : text;
        if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
            || uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new VerbFailure(ExitCode.Usage, "The Authority is named by an http or https URL without user, query and fragment.",
                next: $"Pass --authority or set {AuthorityKey}, for example {DefaultAuthority}.");
        }

        return uri.Scheme == "https" || uri.IsLoopback
            ? uri
            : throw new VerbFailure(ExitCode.Usage, $"{uri.Host} is not this machine: credentials are not sent to it over plain http.",
                next: "Name the Authority by its https URL.");
    }
}
