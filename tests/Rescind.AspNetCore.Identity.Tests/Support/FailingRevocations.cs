using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Revocations;

namespace Rescind.AspNetCore.Identity.Tests.Support;

/// <summary>
/// The Authority's own revocations, of which one act can be made to fail as on a full disk, or be followed by something else.
/// </summary>
internal sealed class FailingRevocations(IServiceProvider provider) : IRevocations
{
    private readonly Lazy<IRevocations> _real = new(() => provider.GetServices<IRevocations>().First());

    private int _untilFailure;
    private int _untilNext;
    private Func<Task>? _next;

    /// <summary>Lets act number <paramref name="number"/> from now on fail, and none after it.</summary>
    public void FailAt(int number) => _untilFailure = number;

    /// <summary>Does something else right after act number <paramref name="number"/> from now on.</summary>
    public void After(int number, Func<Task> next) => (_untilNext, _next) = (number, next);

    public async Task<Receipt> RevokeAsync(RevocationRequest request, CancellationToken cancellationToken = default)
    {
        ThrowIfDue();
        var receipt = await _real.Value.RevokeAsync(request, cancellationToken);
        if (Interlocked.Decrement(ref _untilNext) == 0)
        {
            await _next!();
        }

        return receipt;
    }

    public Task<RevocationPreview> PreviewAsync(RevocationRequest request, CancellationToken cancellationToken = default) =>
        _real.Value.PreviewAsync(request, cancellationToken);

    public Task<Revocation> LiftAsync(LogPosition revocation, CancellationToken cancellationToken = default)
    {
        ThrowIfDue();
        return _real.Value.LiftAsync(revocation, cancellationToken);
    }

    public Task<IReadOnlyList<Revocation>> ListAsync(Match match, CancellationToken cancellationToken = default) =>
        _real.Value.ListAsync(match, cancellationToken);

    private void ThrowIfDue()
    {
        if (Interlocked.Decrement(ref _untilFailure) == 0)
        {
            throw new IOException("disk full");
        }
    }
}
