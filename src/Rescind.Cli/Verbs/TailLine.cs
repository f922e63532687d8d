using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>One entry of the log as a line for people: when, what it is about, and what holds now.</summary>
internal static class TailLine
{
    private static readonly string[] Effects = ["end", "renew", "reauthenticate", "block"];

    public static string Of(JsonObject entry)
    {
        var at = entry["at"].AsNumber() is >= 0 and < 253_402_300_800 and var seconds
            ? $"{DateTimeOffset.FromUnixTimeSeconds(seconds):HH:mm:ss}"
            : "--:--:--";
        return $"[grey]{at}[/]  {About(entry)}  [grey]{Views.Text(entry["position"])}[/]";
    }

    private static string About(JsonObject entry) => entry["kind"].AsText() switch
    {
        "state" => $"{What(entry)}  {Match(entry)}",
        "issuer" => $"[blue]issuer[/]  {Views.Text(entry["issuer"])}",
        "key" => $"[blue]key[/]  {Views.Text(entry["name"])}",
        _ => Views.Text(entry["kind"]),
    };

    private static string Match(JsonObject entry)
    {
        var name = entry["name"] is { } tag ? $" {Views.Text(tag)}=" : " ";
        var value = entry["value"] is { } text ? Views.Text(text) : "";
        return $"{Views.Text(entry["match"])}{name}[bold]{value}[/]";
    }

    private static string What(JsonObject entry)
    {
        var holding = Effects.Where(effect => entry[effect] is JsonObject).ToList();
        return holding.Count == 0 ? "[green]lifted[/]" : $"[red]{string.Join(", ", holding)}[/]";
    }
}
