using Rescind.Authority;
using Rescind.Authority.PostgreSql;
using Rescind.Authority.Revocations;
using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind lift</c>: takes a revocation back. With <c>--data</c> and no Authority named it is the break-glass: it opens the
/// database itself, because the revocation may have locked out every client that could ask the server.
/// </summary>
internal static class LiftVerb
{
    public static Command Create()
    {
        var id = new Argument<string>("revocation") { Description = "The revocation's id: rv_…" };
        const string About =
            "Take a revocation back. With --data and no Authority named: in the data of one that is stopped, when "
            + "nobody is left who may ask it; with --store: in the database, beside nodes that run.";
        return new Command("lift", About) { id, DatabaseOptions.Store }.Connects().Calls(async call =>
        {
            if (!LogPosition.TryParseRevocationId(call.Parsed.GetRequiredValue(id), out var position))
            {
                throw new VerbFailure(ExitCode.Usage, "The id of a revocation must be rv_ and a number.",
                    next: "Its receipt has it, and so does `rescind why TOKEN`.");
            }

            var lifted = DatabaseOptions.IsDatabase(call.Parsed)
                ? await LiftInDatabaseAsync(DatabaseOptions.ConnectionStringOf(call.Parsed), position, call.Cancellation)
                : call.Parsed.GetValue(ConnectionOptions.Data) is { } folder && !ConnectionOptions.IsAuthorityNamed(call.Parsed)
                    ? await LiftInFileAsync(folder, position, call.Cancellation)
                    : await LiftRemotelyAsync(call, position);
            call.Show(lifted, () => Tell(call.Screen, lifted));
        });
    }

    private static async Task<JsonObject> LiftRemotelyAsync(VerbCall call, LogPosition position)
    {
        using var authority = call.Connect();
        return await authority.DeleteAsync("v1/revocations/" + position.ToRevocationId());
    }

    private static Task<JsonObject> LiftInFileAsync(string folder, LogPosition position, CancellationToken cancellationToken) =>
        LiftLocallyAsync(
            actor => BreakGlass.LiftAsync(folder, position, actor, cancellationToken),
            "Lifted in the data itself; the Authority has it at its next start.");

    private static Task<JsonObject> LiftInDatabaseAsync(
        string connectionString, LogPosition position, CancellationToken cancellationToken) => LiftLocallyAsync(
            actor => PostgreSqlBreakGlass.LiftAsync(connectionString, position, actor, cancellationToken),
            "Lifted in the database; nodes that run have it at once.");

    private static async Task<JsonObject> LiftLocallyAsync(Func<string, Task<Lifted>> lift, string note)
    {
        try
        {
            var lifted = await lift($"local:{Environment.UserName}");
            Screen.Note(note);
            return JsonNode.Parse(lifted.ToJson())!.AsObject();
        }
        catch (RevocationRefusedException e)
        {
            throw VerbFailure.Of(e.Code == "RSC2008" ? ExitCode.NotFound : ExitCode.Refused, e);
        }
        catch (InvalidOperationException e)
        {
            throw VerbFailure.Of(ExitCode.Refused, e, e.Message.StartsWith("RSC1006", StringComparison.Ordinal)
                ? "If that is a running Authority, let it lift: name it with --authority. --data alone is for one that "
                    + "is stopped."
                : null);
        }
    }

    private static void Tell(Screen screen, JsonObject lifted)
    {
        screen.Line(
            $"[bold]{Views.Text(lifted["id"])}[/] is lifted: {Views.Text(lifted["effect"])} on {ActText.Match(lifted["match"])}, "
                + $"“{Views.Text(lifted["reason"])}”.");
        screen.Line($"{Views.Text(lifted["affected"].At("sessions"))} session(s) live again.");
    }
}
