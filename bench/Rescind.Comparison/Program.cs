return await Rescind.Comparison.ComparisonProgram.RunAsync(args);
