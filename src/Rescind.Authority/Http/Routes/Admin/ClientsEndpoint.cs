using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Routes.Admin;

/// <summary><c>/v1/clients</c>: register, list, change, remove API clients, and replace their secrets.</summary>
internal static class ClientsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/clients", List).RequireScope(ScopeNames.Admin)
            .Describe(new("The API clients.") { Answer = AuthorityJson.Default.ClientListBody });
        routes.MapPost("/v1/clients", RegisterAsync).RequireScope(ScopeNames.Admin)
            .Describe(new("Registers a client; its secret is shown this once.")
            {
                Body = AuthorityJson.Default.ClientBody, Status = StatusCodes.Status201Created,
                Answer = AuthorityJson.Default.ClientBody, Failures = [Errors.InvalidClient, Errors.ClientExists],
            });
        routes.MapPatch("/v1/clients/{id}", ChangeAsync).RequireScope(ScopeNames.Admin)
            .Describe(new("Changes what a client may do and where it is told of logouts; its tokens and sessions go on.")
            {
                Body = AuthorityJson.Default.ChangeClientBody, Answer = AuthorityJson.Default.ClientBody,
                Failures = [Errors.InvalidClient, Errors.ClientNotFound, Errors.OwnClient, Errors.LastAdministrator],
            });
        routes.MapPost("/v1/clients/{id}/secret", ReplaceSecretAsync).RequireScope(ScopeNames.Admin)
            .Describe(new("Gives a client another secret, shown this once; without keep_old_for its tokens end with the old one.")
            {
                Body = AuthorityJson.Default.ReplaceSecretBody, Status = StatusCodes.Status201Created,
                Answer = AuthorityJson.Default.ClientBody, Failures = [Errors.InvalidClient, Errors.ClientNotFound],
            });
        routes.MapDelete("/v1/clients/{id}", RemoveAsync).RequireScope(ScopeNames.Admin)
            .Describe(new("Removes a client; its tokens and sessions end.")
            {
                Status = StatusCodes.Status204NoContent,
                Failures = [Errors.ClientNotFound, Errors.OwnClient, Errors.LastAdministrator],
            });
    }

    private static JsonAnswer<ClientListBody> List(ClientRegistry clients, SessionClock clock) => new(
        new([.. clients.All.OrderBy(client => client.ClientId, StringComparer.Ordinal)
            .Select(client => client.Shown(clock.Now))]),
        AuthorityJson.Default.ClientListBody);

    private static async Task<IResult> RegisterAsync(
        HttpContext context, ClientRegistry clients, ISessionStore store, SessionOperations sessions,
        IOptions<AuthorityOptions> options,
        Entropy entropy, SessionClock clock)
    {
        var read = await StrictJson.ReadAsync(context.Request, AuthorityJson.Default.ClientBody).ConfigureAwait(false);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        if (ClientRules.Validate(read.Value, options.Value.Development) is { } refusal)
        {
            return refusal.Problem();
        }

        var secret = read.Value.Kind == ClientRules.Confidential ? ClientSecret.Create(entropy) : null;
        var record = read.Value.ToRecord() with
        {
            SecretHash = secret is null ? default(ReadOnlyMemory<byte>?) : ClientSecret.Hash(secret),
        };
        return await clients.AddAsync(record, context.Audit, EndFormerAsync, context.RequestAborted).ConfigureAwait(false)
            ? Created(record, secret, clock)
            : Errors.ClientExists.Problem();

        // The end that came with the removal of an earlier client of this name may have been lifted, or may yet be.
        async Task EndFormerAsync()
        {
            var left = await store.ListAsync(new(null, null, 1, null) { Clients = [record.ClientId] }, CancellationToken.None)
                .ConfigureAwait(false);
            if (left.Sessions.Count > 0)
            {
                await sessions.EndClientAsync(record.ClientId, "client registered anew", context.Audit, CancellationToken.None)
                    .ConfigureAwait(false);
            }
        }
    }

    private static async Task<IResult> ChangeAsync(
        string id, HttpContext context, ClientRegistry clients, Administrators administrators, IOptions<AuthorityOptions> options,
        SessionClock clock)
    {
        var read = await StrictJson.ReadAsync(context.Request, AuthorityJson.Default.ChangeClientBody).ConfigureAwait(false);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        if (read.Value == new ChangeClientBody())
        {
            return Errors.InvalidClient.Problem(
                "There is none of scopes, clients, issuers, origins, backchannel_logout_uri and verifiers.");
        }

        var changed = await clients.ChangeAsync(id, Change, context.Audit, context.RequestAborted).ConfigureAwait(false);
        return changed.HasValue
            ? new JsonAnswer<ClientBody>(changed.Value.Shown(clock.Now), AuthorityJson.Default.ClientBody)
            : changed.Refusal.Problem();

        Result<ClientRecord> Change(ClientRecord record)
        {
            var body = record.ToBody().With(read.Value);
            var after = body.ToRecord() with { SecretHash = record.SecretHash, OldSecret = record.OldSecret };
            var refusal = ClientRules.Validate(body, options.Value.Development)
                ?? (after.Grants(ScopeNames.Admin) ? null : id == context.Caller.ClientId ? Errors.OwnClient.Refusal()
                    : administrators.ValidateWithout(record));
            return refusal is null ? Result<ClientRecord>.Of(after) : Result<ClientRecord>.Refused(refusal);
        }
    }

    private static async Task<IResult> ReplaceSecretAsync(
        string id, HttpContext context, ClientRegistry clients, SessionOperations sessions, Entropy entropy, SessionClock clock)
    {
        var read = await StrictJson.ReadAsync(context.Request, AuthorityJson.Default.ReplaceSecretBody).ConfigureAwait(false);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        var keepFor = read.Value.KeepOldFor;
        if (keepFor is < 0 or > ClientRules.MaxKeepOldFor)
        {
            return Errors.InvalidClient.Problem($"keep_old_for is not 0 to {ClientRules.MaxKeepOldFor} seconds.");
        }

        var secret = ClientSecret.Create(entropy);
        var replaced = await clients.ReplaceSecretAsync(
            id, ClientSecret.Hash(secret), keepFor == 0 ? null : clock.Now + keepFor, context.Audit, EndTokensAsync,
            context.RequestAborted)
            .ConfigureAwait(false);
        return replaced.HasValue ? Created(replaced.Value, secret, clock) : replaced.Refusal.Problem();

        // Who stole the secret may hold tokens by it. The sessions of people go on: they are refreshed by tokens of their own.
        Task<long?> EndTokensAsync(ClientChange change, long from) =>
            sessions.EndTokensOfAsync(change, from, "client secret replaced", context.Audit);
    }

    private static JsonAnswer<ClientBody> Created(ClientRecord record, string? secret, SessionClock clock) => new(
        record.Shown(clock.Now) with { ClientSecret = secret }, AuthorityJson.Default.ClientBody, StatusCodes.Status201Created);

    private static async Task<IResult> RemoveAsync(
        string id, HttpContext context, ClientRegistry clients, Administrators administrators, SessionOperations sessions)
    {
        if (id == context.Caller.ClientId)
        {
            return Errors.OwnClient.Problem();
        }

        // Its own tokens, and the sessions of people that it refreshes: whoever takes its name later must not go on with them.
        var refusal = await clients.RemoveAsync(
            id, administrators.ValidateWithout, context.Audit, EndAllAsync, context.RequestAborted)
            .ConfigureAwait(false);
        return refusal is null ? TypedResults.NoContent() : refusal.Problem();

        Task<long?> EndAllAsync(ClientChange change, long from) =>
            sessions.EndClientAsync(change, from, "client removed", context.Audit);
    }
}
