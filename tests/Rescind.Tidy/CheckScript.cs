using System.Diagnostics;

namespace Rescind.Tidy;

/// <summary>The one test command counts each failure, whatever its step is called and however it fails.</summary>
public sealed class CheckScript
{
    [Theory]
    [InlineData("good() { counted one 3 0; }; step '.NET tests' good", "3 passed, 0 failed")]
    [InlineData("bad() { counted one 3 2; return 1; }; step '.NET tests' bad", "3 passed, 2 failed")]
    [InlineData("bad() { counted one 3 2; return 1; }; beside step 'browser client' bad; together", "3 passed, 2 failed")]
    [InlineData(
        "dead() { counted one 3 0; kill -9 $BASHPID; }; beside step 'browser client' dead; together", "3 passed, 1 failed")]
    [InlineData("fails() { return 7; }; step build fails", "0 passed, 1 failed")]
    [InlineData("timeout() { return 134; }; dead() { dotnet_suite Some.Tests; }; step '.NET tests' dead", "0 passed, 1 failed")]
    [InlineData(
        "timeout() { echo ' S  Total: 5, Failed: 0, Not Run: 2'; }; idle() { dotnet_suite S; }; step x idle",
        "3 passed, 2 failed")]
    [InlineData("node() { return 134; }; dead() { tap node-verifier a.mjs; }; step 'Node verifier' dead", "0 passed, 1 failed")]
    [InlineData("none() { counted one 0 0; }; step demo none", "0 passed, 1 failed")]
    public void A_failure_is_counted(string steps, string last)
    {
        var script = File.ReadAllText(Path.Combine(Tree.Root, "check"));
        var folder = Directory.CreateTempSubdirectory("rescind-check-");
        try
        {
            var copy = Path.Combine(folder.FullName, "check");
            File.WriteAllText(
                copy, script[..script.IndexOf("\nstep tools", StringComparison.Ordinal)] + "\n" + steps + "\nfinish\n");
            using var bash = Process.Start(
                new ProcessStartInfo("bash", [copy]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = bash.StandardOutput.ReadToEnd().TrimEnd();
            bash.WaitForExit();

            said.Split('\n')[^1].ShouldBe(last);
            (bash.ExitCode == 0).ShouldBe(last.EndsWith(" 0 failed", StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
