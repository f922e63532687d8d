using Rescind.Cli.Http;
using Rescind.Cli.Output;
using Spectre.Console;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind clients</c>: the programs that may call the Authority, and the applications that hold sessions. Scope <c>admin</c>.
/// </summary>
internal static class ClientsVerb
{
    private const string Path = "v1/clients";
    private const string Confidential = "confidential";
    private const string Public = "public";
    private const long LongestKeep = 7 * 24 * 3600;

    public static Command Create() =>
        new Command("clients", "The programs and applications that are registered here, and their secrets.")
    {
        List(), Show(), Add(), Set(), Secret(), Remove(),
    }.Connects();

    private static Command List() =>
        new Command("list", "The clients and what each may do.").Asks(async (call, authority) =>
        {
            var answer = await authority.GetAsync(Path);
            call.Show(answer, () =>
            {
                var table = Views.Table("client", "kind", "scopes", "starts sessions for", "revokes for", "origins");
                foreach (var client in answer.Items("clients"))
                {
                    table.AddRow(
                        Views.Text(client["client_id"]), Views.Text(client["kind"]), Listed(client["scopes"]) ?? "-",
                        Listed(client["clients"]) ?? "-", Listed(client["issuers"]) ?? "-", Listed(client["origins"]) ?? "-");
                }

                call.Screen.Show(table);
            });
        });

    private static Command Show()
    {
        var id = Id();
        return new Command("show", "One client's record; never its secret.") { id }.Asks(async (call, authority) =>
        {
            var asked = call.Parsed.GetRequiredValue(id);
            var answer = await authority.GetAsync(Path);
            var client = answer.Items("clients").FirstOrDefault(client => client["client_id"].AsText() == asked);
            ShowRecord(call, client ?? throw new VerbFailure(ExitCode.NotFound, $"There is no client {asked}.", "RSC1403",
                "`rescind clients list` names all of them."));
        });
    }

    private static Command Add()
    {
        var id = Id();
        var record = new ClientRecordOptions();
        var kind = new Option<string>("--kind")
        {
            Description = "confidential (the default), which gets a secret; or public: an app in a browser or on a "
                + "device, which can keep none.",
            DefaultValueFactory = _ => Confidential,
        }.MustBeOneOf(Confidential, Public);
        var audience = new Option<string?>("--audience")
        {
            Description = "For the settings that are shown: the API's name in the aud of its tokens. Default: the client's id.",
        }.MustBeText();
        const string About = "Register a client. Its secret is shown this once, with the settings of an API that uses it.";
        var command = new Command("add", About) { id, kind, audience };
        record.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(kind) is Public && result.GetResult(record.Scopes) is { Tokens.Count: > 0 })
            {
                result.AddError("A public client has no secret to prove who it is, so it must have no --scope.");
            }
        });
        return command.Asks(async (call, authority) =>
        {
            var body = record.Read(call.Parsed);
            (body["client_id"], body["kind"]) = (call.Parsed.GetRequiredValue(id), call.Parsed.GetRequiredValue(kind));
            var added = await authority.PostAsync(Path, body);
            var isApi = added["scopes"] is JsonArray scopes && scopes.Any(scope => scope.AsText() == "feed");
            var name = isApi ? call.Parsed.GetValue(audience) ?? added["client_id"].AsText() : null;
            ShowWithSecret(call, added, ClientSettings.Of(added, authority.Address, name));
        });
    }

    private static Command Set()
    {
        var id = Id();
        var record = new ClientRecordOptions();
        var command = new Command(
            "set", "Change a client's record. What is named replaces what was there; an empty value takes it away.") { id };
        record.AddTo(command);
        command.Validators.Add(result =>
        {
            if (record.All.All(option => result.GetResult(option) is null))
            {
                result.AddError($"Name what to change: {string.Join(", ", record.All.Select(option => option.Name))}.");
            }
        });
        return command.Asks(async (call, authority) =>
        {
            var path = $"{Path}/{call.Parsed.GetRequiredValue(id)}";
            ShowRecord(call, await authority.PatchAsync(path, record.Read(call.Parsed)));
        });
    }

    private static Command Secret()
    {
        var id = Id();
        var keep = new Option<string?>("--keep-old-for")
        {
            Description =
                "How long the present secret is still taken, as 1d, at most 7d. Without it that secret and its tokens end now.",
            HelpName = "length",
        }.MustBeLength(0, LongestKeep);
        return new Command("secret", "Give a client another secret, which is shown this once.") { id, keep }
            .Asks(async (call, authority) =>
            {
                var body = new JsonObject();
                body.AddIfThere("keep_old_for", Lengths.Seconds(call.Parsed.GetValue(keep), keep.Name));
                var path = $"{Path}/{call.Parsed.GetRequiredValue(id)}/secret";
                var replaced = await authority.PostAsync(path, body);
                ShowWithSecret(call, replaced, ClientSettings.Of(replaced, authority.Address, audience: null));
            });
    }

    private static Command Remove()
    {
        var id = Id();
        const string About = "Remove a client: its tokens, and the sessions that it refreshes, end.";
        return new Command("remove", About) { id }.Asks(async (call, authority) =>
        {
            var client = call.Parsed.GetRequiredValue(id);
            await authority.DeleteAsync($"{Path}/{client}");
            call.Show(
                new JsonObject { ["client_id"] = client, ["removed"] = true },
                () => call.Screen.Line($"[bold]{Screen.Plain(client)}[/] is removed; its tokens and sessions are ended."));
        });
    }

    private static void ShowWithSecret(VerbCall call, JsonObject record, ClientSettings? settings)
    {
        if (call.Screen.IsJson)
        {
            record.AddIfThere("settings", settings?.ToJson());
            Screen.Document(record);
            return;
        }

        ShowRecord(call, record);
        if (settings is not null)
        {
            settings.Show(call.Screen);
            Screen.Note("The secret is shown this once: the Authority keeps a hash of it alone. Keep it out of files "
                + "that are committed.");
        }
    }

    private static void ShowRecord(VerbCall call, JsonObject record) => call.Show(record, () => call.Screen.ShowFacts(
        ("client", Views.Text(record["client_id"])), ("kind", Views.Text(record["kind"])),
        ("scopes", Listed(record["scopes"])), ("starts sessions for", Listed(record["clients"])),
        ("revokes for", Listed(record["issuers"])), ("origins", Listed(record["origins"])),
        ("is told of logouts at", record["backchannel_logout_uri"] is { } uri ? Views.Text(uri) : null),
        ("old secret until", record["old_secret_until"] is { } until ? Views.Text(until) : null)));

    private static string? Listed(JsonNode? values) => values is JsonArray { Count: > 0 } ? Views.Text(values) : null;

    // The form that the Authority asks for: it stands in paths as it is.
    private static Argument<string> Id() =>
        new Argument<string>("client") { Description = "The client's id (client_id)." }.MustBe(
            ClientRecordOptions.IdWords, ClientRecordOptions.IsId);
}
