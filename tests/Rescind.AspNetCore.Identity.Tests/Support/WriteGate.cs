using Microsoft.AspNetCore.Identity;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests.Support;

/// <summary>A validator that lets somebody log in while a change is being validated.</summary>
internal sealed class WriteGate : IUserValidator<ShopUser>
{
    private Func<Task<StartedSession>>? _login;
    private int _untilOpen;

    public StartedSession? Session { get; private set; }

    public void OpenAt(int validation, Func<Task<StartedSession>> login) => (_untilOpen, _login) = (validation, login);

    public async Task<IdentityResult> ValidateAsync(UserManager<ShopUser> manager, ShopUser user)
    {
        if (_login is not null && --_untilOpen == 0)
        {
            Session = await _login();
        }

        return IdentityResult.Success;
    }
}
