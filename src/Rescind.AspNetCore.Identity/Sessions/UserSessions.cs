using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Revocations;
using Rescind.AspNetCore.Identity.Saving;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Sessions;

/// <inheritdoc cref="IUserSessions{TUser}"/>
internal sealed class UserSessions<TUser>(
    UserManager<TUser> users, ISessions sessions, IRevocations revocations, UserRevocations changes,
    OwedRevocations owed, LoginLocks locks,
    IServiceScopeFactory scopes, UserKinds kinds, TimeProvider time) : IUserSessions<TUser>
    where TUser : class
{
    private const string NewerLogin = "ASP.NET Core Identity: newer login";

    /// <inheritdoc/>
    public async Task<StartedSession> StartAsync(
        TUser user, Func<SessionStart, SessionStart>? describe = null, CancellationToken cancellationToken = default)
    {
        var believed = await ((RevokingUserManager<TUser>)users).StateAsync(user).ConfigureAwait(false);
        var bare = new SessionStart { Subject = believed.Subject };
        var start = describe is null ? bare : describe(bare) with { Subject = believed.Subject };

        // What a crash has left would end this session later, and until then the older ones live.
        await owed.DeliverAsync(start.Subject, cancellationToken: cancellationToken).ConfigureAwait(false);
        return kinds.Of<TUser>().SingleSession switch
        {
            SingleSession.NewestWins => await StartAloneAsync(start, believed, cancellationToken).ConfigureAwait(false),
            SingleSession.PerDevice => await StartOnDeviceAsync(start, believed, cancellationToken).ConfigureAwait(false),
            _ => await StartAsync(start, believed, cancellationToken).ConfigureAwait(false),
        };
    }

    // One login after the other: two that ended each other would leave nobody logged in.
    private async Task<StartedSession> StartAloneAsync(
        SessionStart start, UserState believed, CancellationToken cancellationToken)
    {
        using var held = await locks.TakeAsync(start.Subject, cancellationToken).ConfigureAwait(false);
        var started = await StartAsync(start, believed, cancellationToken).ConfigureAwait(false);
        await revocations.RevokeAsync(
            new() { Match = Match.Subject(start.Subject), Except = [started.SessionId], Reason = NewerLogin },
            CancellationToken.None)
            .ConfigureAwait(false);
        return started;
    }

    private async Task<StartedSession> StartOnDeviceAsync(
        SessionStart start, UserState believed, CancellationToken cancellationToken)
    {
        var tagged = DeviceTag.Bind(start);
        using var held = await locks.TakeAsync(start.Subject, cancellationToken).ConfigureAwait(false);
        await revocations.RevokeAsync(
            Match.Tag(DeviceTag.BoundName, tagged.Tags[DeviceTag.BoundName]), NewerLogin, CancellationToken.None)
            .ConfigureAwait(false);
        return await StartAsync(tagged, believed, cancellationToken).ConfigureAwait(false);
    }

    private async Task<StartedSession> StartAsync(SessionStart start, UserState believed, CancellationToken cancellationToken)
    {
        var started = await StartUnblockedAsync(start, believed, cancellationToken).ConfigureAwait(false);
        if (await IsOvertakenAsync(believed).ConfigureAwait(false))
        {
            await revocations.RevokeAsync(
                Match.Session(started.SessionId), "ASP.NET Core Identity: login overtaken", CancellationToken.None)
                .ConfigureAwait(false);
            throw new LoginOvertakenException();
        }

        return started;
    }

    // The block of a deletion is about the account that is gone. One that is there again under the same subject is another.
    private async Task<StartedSession> StartUnblockedAsync(
        SessionStart start, UserState believed, CancellationToken cancellationToken)
    {
        try
        {
            return await sessions.StartAsync(start, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionRefusedException e) when (e.Code == "RSC1309")
        {
            if (await IsOvertakenAsync(believed).ConfigureAwait(false)
                || !await changes.LiftDeletionAsync(start.Subject).ConfigureAwait(false))
            {
                throw;
            }

            return await sessions.StartAsync(start, cancellationToken).ConfigureAwait(false);
        }
    }

    // A password that was right when it was checked may be an old one by now. Whoever changes it revokes after the
    // write: either that act finds this session, or this look finds the change. In a scope of its own, for a store may
    // answer with what it has read before.
    private async Task<bool> IsOvertakenAsync(UserState believed)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var fresh = (RevokingUserManager<TUser>)scope.ServiceProvider.GetRequiredService<UserManager<TUser>>();
            if (await fresh.FindBySubjectAsync(believed.Subject).ConfigureAwait(false) is not { } user)
            {
                return true;
            }

            var stored = await fresh.StateAsync(user).ConfigureAwait(false);
            return stored.IsLockedAt(time.GetUtcNow()) || stored with { LockedUntil = believed.LockedUntil } != believed;
        }
    }
}
