namespace Rescind.EndToEnd;

/// <summary>Nobody but the owner reads what the Authority keeps, whatever the umask says, from the first moment on.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class FileModes
{
    private static readonly string[] WithoutMask = ["sh", "-c", "umask 0 && exec \"$0\" \"$@\""];

    [Fact]
    public async Task Every_file_is_0600_and_every_folder_0700_under_a_umask_of_nothing()
    {
        await using var authority = AuthorityProcess.New();
        await authority.StartAgainAsync(WithoutMask);
        using var client = await authority.ConnectAsync();
        await client.StartSessionAsync("alice");
        await client.RevokeAsync("subject", "alice");

        var running = await ModesAsync(authority.Data);
        await authority.KillAsync();
        await authority.StartAgainAsync(WithoutMask);
        var again = await ModesAsync(authority.Data);
        await authority.StopAsync();

        running.ShouldContain("600 rescind.db-wal");
        running.ShouldContain("600 rescind.db-shm");
        foreach (var modes in new[] { running, again, await ModesAsync(authority.Data) })
        {
            modes.ShouldContain("600 rescind.db");
            modes.ShouldContain("600 master.key");
            modes.ShouldContain("700 ");
            modes.ShouldAllBe(mode => mode == "700 " || mode.StartsWith("600 ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task What_was_put_back_with_wide_modes_is_narrowed_by_the_next_start()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        await authority.KillAsync();
        await using (var chmod = Child.Start(
            "sh", ["-c", "cd \"$0\" && chmod 666 rescind.db rescind.db-wal rescind.db-shm lock", authority.Data]))
        {
            (await chmod.EndAsync()).ShouldBe(0);
        }

        await authority.StartAgainAsync();

        (await ModesAsync(authority.Data))
            .ShouldAllBe(mode => mode == "700 " || mode.StartsWith("600 ", StringComparison.Ordinal));
    }

    private static async Task<string[]> ModesAsync(string folder)
    {
        await using var find = Child.Start("find", [folder, "-printf", "%m %P\\n"]);
        (await find.EndAsync()).ShouldBe(0);
        return find.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
