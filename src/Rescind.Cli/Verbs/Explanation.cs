using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>An act and a session, as an answer to "why was I logged out?".</summary>
internal static class Explanation
{
    private static readonly string[] DeviceParts = ["name", "user_agent", "address"];

    /// <summary>Shows what the act is, who did it, when and why, and where it is in force; nothing for null.</summary>
    public static void ShowAct(VerbCall call, JsonObject? act)
    {
        if (act is null)
        {
            return;
        }

        call.Screen.Line($"[bold]Act[/]    {Views.Text(act["id"])}");
        call.Screen.ShowFacts(
            ("effect", $"{Views.Text(act["effect"])} on {ActText.Match(act["match"])}"), ("reason", Views.Text(act["reason"])),
            ("by", Views.Text(act["actor"])), ("at", When(call, act["at"])),
            ("before", When(call, act["before"])), ("until", When(call, act["until"])),
            ("spares", act["except"] is { } spared ? Views.Text(spared) : null), ("issuer", Views.Text(act["issuer"])),
            ("sessions hit", act["affected"].At("sessions") is { } sessions ? Views.Text(sessions) : null),
            ("lifted", act["lifted_by"] is { } lift ? $"[green]yes[/], {Views.Text(lift)}" : "no"),
            ("in force", InForce(act["in_force"])));
    }

    /// <summary>Shows whose session it is, on which device, and how far it came; nothing for null.</summary>
    public static void ShowSession(VerbCall call, JsonObject? session)
    {
        if (session is null)
        {
            return;
        }

        call.Screen.Line($"[bold]Session[/] {Views.Text(session["session_id"])}");
        call.Screen.ShowFacts(
            ("state", Views.State(session["state"])), ("ended by", session["ended_by"] is { } by ? Views.Text(by) : null),
            ("blocked by", session["blocked_by"] is { } block ? Views.Text(block) : null),
            ("subject", Views.Text(session["subject"])), ("client", Views.Text(session["client_id"])),
            ("device", Device(session["device"])), ("generation", Views.Text(session["generation"])),
            ("started", When(call, session["created_at"])),
            ("last refreshed", When(call, session["last_refreshed_at"])), ("expires", When(call, session["expires_at"])));
    }

    private static string? When(VerbCall call, JsonNode? instant) =>
        instant is null ? null : $"{Views.Text(instant)}  [grey]{TimeText.Ago(instant, call.Time.GetUtcNow())}[/]";

    private static string? Device(JsonNode? device) => device is not JsonObject parts ? null
        : string.Join(", ", DeviceParts.Where(name => parts[name] is not null).Select(name => Views.Text(parts[name])));

    private static string? InForce(JsonNode? node) => node is not JsonObject coverage ? null
        : $"{Views.Text(coverage["applied"])}/{Views.Text(coverage["verifiers"])} verifiers"
            + (coverage["behind"] is JsonArray { Count: > 0 } behind
                ? $"; behind: {Views.Text(behind)}, certain at {Views.Text(coverage["certain_at"])}"
                : "");
}
