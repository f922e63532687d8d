using Rescind.Cli.Http;
using Rescind.Cli.Output;
using Spectre.Console;

namespace Rescind.Cli.Verbs;

/// <summary><c>rescind keys</c>: the Authority's own signing keys. Scope <c>admin</c>.</summary>
internal static class KeysVerb
{
    public static Command Create() => new Command("keys", "The Authority's own signing keys.")
    {
        new Command("list", "The keys that are announced, sign, or have signed.")
            .Asks(async (call, authority) => Show(call, await authority.GetAsync("v1/keys"))),
        new Command("rotate", "Let the announced key sign from now on. A leaked one is revoked instead: `rescind revoke key`.")
            .Asks(async (call, authority) => Show(call, await authority.PostAsync("v1/keys/rotate", []))),
    }.Connects();

    private static void Show(VerbCall call, JsonObject answer) => call.Show(answer, () =>
    {
        var now = call.Time.GetUtcNow();
        var table = Views.Table("key", "algorithm", "state", "made", "signs since", "signed until");
        foreach (var key in answer.Items("keys"))
        {
            table.AddRow(
                Views.Text(key["kid"]), Views.Text(key["algorithm"]), Views.State(key["state"]),
                TimeText.Ago(key["created_at"], now),
                TimeText.Ago(key["active_from"], now), TimeText.Ago(key["retired_at"], now));
        }

        call.Screen.Show(table);
    });
}
