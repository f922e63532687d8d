using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;

namespace Rescind.Authority.Http.Routes.Admin;

/// <summary>
/// <c>/v1/backup</c>: the whole database as one file, with its length and its SHA-256 (RFC 9530) before it, so that a
/// part of it is not taken for the whole. Neither the master key nor anything else of the data folder is in it.
/// </summary>
internal static class BackupEndpoint
{
    private const int RetrySeconds = 10;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/backup", (Delegate)PostAsync).RequireScope(ScopeNames.Admin)
            .Describe(new("A consistent copy of the database, made while the server runs.")
            {
                Failures = [Errors.BackupNotNow, Errors.NotCopiedHere],
            });

    private static async Task PostAsync(HttpContext context)
    {
        if (context.RequestServices.GetService<SqliteStore>() is not { } store)
        {
            await Errors.NotCopiedHere.Problem().ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        using var turn = store.Backup.TryTakeTurn();
        if (turn is null)
        {
            await NotNow("Another one is being made or fetched.").ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        if (store.Backup.MissingBytes() is > 0 and var missing)
        {
            await NotNow(
                string.Create(CultureInfo.InvariantCulture, $"The disk lacks {missing} bytes for a copy beside the database."))
                .ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        // A long copy must not hold up the end of the server.
        var stopping = context.Service<IHostApplicationLifetime>().ApplicationStopping;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await store.Registry.NoteAsync(new("backup.made", context.Audit), either.Token).ConfigureAwait(false);
            await SendAsync(context, await store.Backup.MakeAsync(either.Token).ConfigureAwait(false), either.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (stopping.IsCancellationRequested)
        {
            throw new StoreUnavailableException("The server is stopping.", e);
        }
    }

    private static async Task SendAsync(HttpContext context, BackupCopy copy, CancellationToken cancellationToken)
    {
        await using var content = copy.Content.ConfigureAwait(false);
        var response = context.Response;
        response.ContentType = "application/vnd.sqlite3";
        response.ContentLength = copy.Content.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(copy.Digest)}:";
        await LongAnswer.SendAsync(context, SendPiecesAsync, cancellationToken).ConfigureAwait(false);

        async Task SendPiecesAsync(LongAnswer answer)
        {
            var piece = new byte[LongAnswer.PieceBytes];
            for (int read; (read = await copy.Content.ReadAsync(piece, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                await answer.WriteAsync(piece.AsMemory(0, read)).ConfigureAwait(false);
            }
        }
    }

    private static Problem NotNow(string specifics) =>
        new(new(Errors.BackupNotNow, specifics) { RetryAfterSeconds = RetrySeconds });
}
