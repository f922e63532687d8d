using BenchmarkDotNet.Running;
using Rescind.Benchmarks;
using Rescind.Benchmarks.Anonymous;
using Rescind.Benchmarks.Cluster;
using Rescind.Benchmarks.Growth;
using Rescind.Benchmarks.Live;
using Rescind.Benchmarks.Requests;
using Rescind.Benchmarks.Scale;

// Every figure that the documents quote comes from here: see bench/README.md for the commands.
switch (args.FirstOrDefault())
{
    case "rotation":
        await RotationRounds.RunAsync(rounds: 9, window: TimeSpan.FromSeconds(1));
        return 0;
    case "verdict":
        BenchmarkRunner.Run<VerdictBenchmark>();
        return 0;
    case "live" when args.Skip(1).All(LiveRounds.Kinds.Contains):
        await LiveRounds.RunAsync(args.Length > 1 ? args.Skip(1) : LiveRounds.Kinds, rounds: 5);
        return 0;
    case "broadcast":
        await BroadcastRounds.RunAsync(rounds: 500);
        return 0;
    case "cluster" when args.Length == 2:
        await ClusterRounds.RunAsync(connection: args[1], rounds: 9, window: TimeSpan.FromSeconds(2));
        return 0;
    case "growth":
        await GrowthRounds.RunAsync(few: 1_000, many: 1_000_000, times: 99);
        await HoldUpRounds.RunAsync(rows: 1_000_000, window: TimeSpan.FromSeconds(2), rounds: 3, acts: 99);
        await SparingRounds.RunAsync(sizes: [1, 100, 1_000, 2_000], rounds: 9);
        return 0;
    case "scale" when args.Skip(1).All(ScaleRounds.Names.Contains):
        await ScaleRounds.RunAsync(args.Length > 1 ? args.Skip(1) : ScaleRounds.Names);
        return 0;
    case ScaleRounds.AuthorityPart:
        await SnapshotParts.ServeAsync(folder: args[1]);
        return 0;
    case ScaleRounds.VerifierPart:
        await SnapshotParts.FollowAsync(authority: args[1], clientId: args[2], clientSecret: args[3]);
        return 0;
    case "requests":
        await RequestRounds.RunAsync(rounds: 9, requests: 20_000);
        return 0;
    case RequestRounds.ServerPart:
        await RequestServer.ServeAsync(kind: args[1]);
        return 0;
    case "anonymous":
        await AnonymousRounds.RunAsync(looks: 30, most: 10, rounds: 9, requests: 300);
        return 0;
    default:
        Console.Error.WriteLine(
            "usage: Rescind.Benchmarks verdict | rotation | live [KIND ...] | broadcast | cluster CONNECTION | growth "
            + "| scale [ROUNDS ...] | anonymous | requests");
        return 2;
}
