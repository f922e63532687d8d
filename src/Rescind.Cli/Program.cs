return await Rescind.Cli.CommandLine.RunAsync(args);
