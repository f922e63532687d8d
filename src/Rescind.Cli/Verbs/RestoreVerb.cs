using Rescind.Authority;
using Rescind.Authority.PostgreSql;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind restore</c>: puts a backup into the data folder of an Authority that is stopped. Whatever was revoked
/// since the backup must not live again, so everything from before is ended. With <c>--store postgresql</c> the tools of the
/// database have put the copy back, and the verb marks it.
/// </summary>
internal static class RestoreVerb
{
    private static readonly Option<bool> Replace = new("--replace")
    {
        Description = "Put it in the place of the database that is there, which is kept aside.",
    };

    public static Command Create()
    {
        var file = new Argument<string>("file")
        {
            Description = "What `rescind backup` has written; none with --store postgresql.", Arity = ArgumentArity.ZeroOrOne,
        }.MustNotBeEmpty("the path of a file");
        const string About =
            "Restore a backup into the data folder of a stopped Authority: ends every session, replaces every key, "
            + "begins a new epoch. With --store postgresql: mark the database, into which the copy was put back.";
        var command = new Command("restore", About) { file, ConnectionOptions.Data, DatabaseOptions.Store, Replace };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(file) is null) != (result.GetValue(DatabaseOptions.Store) is not null))
            {
                result.AddError("Name a file, or --store, and not both.");
            }
        });
        return command.Calls(async call =>
        {
            if (DatabaseOptions.IsDatabase(call.Parsed))
            {
                Show(call, await MarkAsync(DatabaseOptions.ConnectionStringOf(call.Parsed)));
                return;
            }

            var folder = call.Parsed.GetValue(ConnectionOptions.Data) ?? ConnectionOptions.DefaultFolder;
            Show(call, Restore(call.Parsed.GetRequiredValue(file), folder, call.Parsed.GetValue(Replace)));
        });
    }

    private static async Task<RestoreResult> MarkAsync(string connectionString)
    {
        try
        {
            return await PostgreSqlBreakGlass.RestoreAsync(connectionString, $"local:{Environment.UserName}");
        }
        catch (InvalidOperationException e)
        {
            throw VerbFailure.Of(ExitCode.Refused, e);
        }
    }

    private static RestoreResult Restore(string file, string folder, bool replace)
    {
        try
        {
            return BreakGlass.Restore(file, folder, $"local:{Environment.UserName}", replace);
        }
        catch (InvalidOperationException e)
        {
            throw VerbFailure.Of(ExitCode.Refused, e);
        }
    }

    private static void Show(VerbCall call, RestoreResult result)
    {
        var time = Instants.WholeSeconds(result.BackupTime);
        var document = new JsonObject
        {
            ["issuer"] = result.Issuer, ["epoch"] = result.Epoch, ["position"] = result.Position.Value,
            ["backup_position"] = result.BackupPosition.Value, ["backup_time"] = time,
            ["ended_sessions"] = result.EndedSessions, ["kept_as"] = result.KeptAs,
            ["made_master_key"] = result.MadeMasterKey,
        };
        call.Show(document, () => Tell(call.Screen, result, time));
    }

    private static void Tell(Screen screen, RestoreResult result, string time)
    {
        screen.Line(Screen.Plain($"RESTORED {result.Issuer} as of {time}. A new epoch has begun: {result.Epoch}"));
        screen.Line($"Every session is ended ({result.EndedSessions} lived in the backup): everybody must log in again.");
        screen.Line("Every signing key and refresh key is removed; the next start makes new ones.");
        screen.Line("What was revoked or lifted after that moment is not in the backup: blocks and bans must be repeated.");
        if (result.KeptAs is { } kept)
        {
            screen.Line(Screen.Plain($"The database that was there is kept as {kept}"));
        }

        if (result.MadeMasterKey)
        {
            screen.Line("There was no master key: a new one was made.");
        }
    }
}
