using Rescind.Cli.Http;

namespace Rescind.Cli.Output;

/// <summary>Revocations as people say them.</summary>
internal static class ActText
{
    /// <summary><c>ends 3 session(s)</c>: what an act does to how many, as markup.</summary>
    public static string Hits(JsonObject act)
    {
        var sessions = act["affected"].At("sessions") is { } count
            ? $"{Views.Text(count)} session(s) known here"
            : "more sessions than were counted";
        return act["effect"].AsText() switch
        {
            "renew" => $"renews the tokens of {sessions}{Load(act)}",
            "reauthenticate" => $"asks for a new login in {sessions}",
            "block" => $"blocks {sessions} until {Views.Text(act["until"])}",
            _ => $"ends {sessions}",
        };
    }

    // How fast the clients come for a new token; not spread, all may come at once.
    private static string Load(JsonObject act) =>
        act["load"].At("per_second") is not { } rate ? ""
        : act["spread"] is { } spread ? $" within {Views.Text(spread)} s, about {Views.Text(rate)} refreshes a second"
        : $", at worst {Views.Text(rate)} refreshes in one second";

    /// <summary>The match as markup: <c>subject alice</c>, <c>tag tenant=acme</c>, <c>the whole issuer</c>.</summary>
    public static string Match(JsonNode? match) => (match as JsonObject)?.FirstOrDefault() switch
    {
        { Key: "issuer" } => "the whole issuer",
        { Key: "tag", Value: JsonObject tag } => $"tag {Views.Text(tag["name"])}=[bold]{Views.Text(tag["value"])}[/]",
        { Key: { } kind, Value: { } value } => $"{Screen.Plain(kind)} [bold]{Views.Text(value)}[/]",
        _ => "-",
    };

    /// <summary>Says on standard error what the act does not do.</summary>
    public static void Warn(JsonObject act)
    {
        foreach (var warning in act["warnings"] as JsonArray ?? [])
        {
            Screen.Note($"{warning.At("code")}  {warning.At("message")}");
        }
    }
}
