using System.Diagnostics;
using Rescind.Comparison.Stores;

namespace Rescind.Comparison.Parts;

/// <summary>What a process tells whoever measures, and what it does for them.</summary>
internal static class MeasuredPart
{
    public static void Map(WebApplication app, PartSettings settings, string? file, Func<Task<long>> storeBytes)
    {
        LockedFile? locked = null;
        app.MapGet("/figures", () => Results.Json(Figures.Now(settings.Calls)));
        app.MapGet("/room", async () => Results.Json(new RoomFigures(MemoryBytes(), await storeBytes())));
        app.MapPost("/clock", (HttpContext context) => settings.Time.Run(
            DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(context.Request.Query["from"]!, CultureInfo.InvariantCulture)),
            double.Parse(context.Request.Query["factor"]!, CultureInfo.InvariantCulture)));
        app.MapPost("/away", () => locked = new(file!));
        app.MapPost("/back", () => locked?.Dispose());
    }

    private static long MemoryBytes()
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}

/// <summary>What a process has used since it began.</summary>
internal sealed record Figures(double CpuUs, long StoreCalls)
{
    public static Figures Now(StoreCalls calls) => new(Environment.CpuUsage.TotalTime.TotalMicroseconds, calls.Count);
}

/// <summary>What a process and its store hold.</summary>
internal sealed record RoomFigures(long MemoryBytes, long StoreBytes);
