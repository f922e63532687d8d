using Rescind.Cli.Http;

namespace Rescind.Cli.Doctor;

/// <summary>API clients that may more than they need, and pages that are trusted over plain http.</summary>
internal static class ClientsCheck
{
    private const string Name = "configuration";

    public static async Task<IReadOnlyList<Finding>> FindAsync(Patient patient)
    {
        var clients = (await patient.Authority.GetAsync("v1/clients")).Items("clients");
        var followers = (await patient.Authority.ReadVerifiersAsync()).Items("verifiers")
            .Select(static verifier => verifier["client_id"].AsText()).ToHashSet();
        return [.. clients.SelectMany(client => Find(client, followers.Contains(client["client_id"].AsText()), patient))];
    }

    private static IEnumerable<Finding> Find(JsonObject client, bool isFollower, Patient patient)
    {
        var name = client["client_id"].AsText();
        if (isFollower && !patient.Authority.Address.IsLoopback && Texts(client, "scopes").Contains("admin"))
        {
            yield return Finding.Warning(
                Name, name,
                "A verifier follows with the credentials of an administrator: whoever takes that API over has everything.",
                "Give verifiers a client of their own: `rescind clients add NAME --scope feed`.");
        }

        foreach (var origin in Texts(client, "origins").Where(IsPlain))
        {
            yield return Finding.Warning(
                Name, name,
                $"Pages of {origin} may refresh and log out, over plain http: anybody on the way may be such a page.",
                "Name the https origin with `rescind clients set`.");
        }
    }

    private static IEnumerable<string> Texts(JsonObject client, string name) =>
        client[name] is JsonArray texts ? texts.Select(static text => text.AsText()).OfType<string>() : [];

    private static bool IsPlain(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback;
}
