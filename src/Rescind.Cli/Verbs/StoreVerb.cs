using Rescind.Authority.PostgreSql;
using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind store check</c>: tries on a server of PostgreSQL, or of an engine that speaks like it, whatever the store
/// relies on, in a schema of its own.
/// </summary>
internal static class StoreVerb
{
    public static Command Create()
    {
        var database = new Argument<string>("database")
        {
            Description = "Its URL, postgres://…, or its connection string; postgresql for what the server would take.",
        }.MustNotBeEmpty("a database");
        const string About =
            "Try on a database whatever an Authority relies on there, in a schema that is created and dropped. Nothing else "
            + "is read or written.";
        var check = new Command("check", About) { database, ConnectionOptions.Data }.Calls(async call =>
        {
            var named = call.Parsed.GetRequiredValue(database);
            var results = await RunAsync(
                named == "postgresql" ? DatabaseOptions.ConfiguredOf(call.Parsed) : named, call.Cancellation);
            return Show(call, results);
        });
        return new("store", "Check the database that is to hold an Authority.") { check };
    }

    private static async Task<IReadOnlyList<PostgreSqlCheckResult>> RunAsync(
        string connectionString, CancellationToken cancellationToken)
    {
        try
        {
            return await PostgreSqlCheck.RunAsync(connectionString, cancellationToken);
        }
        catch (InvalidOperationException e)
        {
            throw VerbFailure.Of(ExitCode.Unavailable, e);
        }
    }

    private static ExitCode Show(VerbCall call, IReadOnlyList<PostgreSqlCheckResult> results)
    {
        var failed = results.Count(static one => one.Fault is not null);
        var document = new JsonObject
        {
            ["passed"] = results.Count - failed, ["failed"] = failed,
            ["checks"] = new JsonArray([.. results.Select(static one => new JsonObject
            {
                ["name"] = one.Name, ["promise"] = one.Promise, ["holds"] = one.Fault is null, ["fault"] = one.Fault,
            })]),
        };
        call.Show(document, () => Tell(call.Screen, results, failed));
        return failed == 0 ? ExitCode.Ok : ExitCode.Refused;
    }

    private static void Tell(Screen screen, IReadOnlyList<PostgreSqlCheckResult> results, int failed)
    {
        foreach (var one in results)
        {
            screen.Line(Screen.Plain($"{(one.Fault is null ? "holds" : "FAILS")}  {one.Name}: {one.Promise}"));
            if (one.Fault is { } fault)
            {
                screen.Line(Screen.Plain($"       {fault}"));
            }
        }

        screen.Line($"{results.Count - failed} hold, {failed} fail");
    }
}
