"""How the audit trail is put into words for an auditor; what is not listed shows by its code."""

from pointsbank.core.actor import ROLE_NAMES
from pointsbank.core.errors import say
from pointsbank.ledger.rules import DEFAULT_UNITS

ACTION_NAMES = {
    "access.change_password": say("修改自己的密码"),
    "access.disable_user": say("停用账号"),
    "access.grant_role": say("授予角色"),
    "access.open_user": say("开设账号"),
    "access.set_password": say("重设密码"),
    "access.sign_in": say("登录"),
    "access.withdraw_role": say("收回角色"),
    "earning.adopt_points_rule": say("施行积分规则"),
    "evaluation.adopt_rule": say("施行考评规则"),
    "evaluation.export": say("导出考评表"),
    "evaluation.seal_year": say("封存年度考评"),
    "events.adopt_hour_rule": say("施行时长规则"),
    "events.cancel": say("取消活动"),
    "events.close": say("结束活动"),
    "events.confirm": say("确认时长"),
    "events.open": say("开始签到"),
    "events.plan": say("拟定活动"),
    "events.publish": say("发布活动"),
    "events.record_attendances": say("补录签到"),
    "events.record_events": say("补录活动"),
    "exchange.add_goods": say("上架物品"),
    "exchange.redeem": say("办理兑换"),
    "exchange.stock_in": say("物品入库"),
    "exchange.take_back": say("撤销兑换"),
    "exchange.withdraw_goods": say("下架物品"),
    "ledger.close_period": say("关闭账期"),
    "members.card_lost": say("挂失成员卡"),
    "members.cards_issued": say("制发成员卡"),
    "members.registered": say("登记成员"),
    "orgs.found": say("设立组织"),
    "stars.adopt_star_ladder": say("施行星级标准"),
}

SUBJECT_NAMES = {
    "evaluation_rule": say("考评规则"),
    "event": say("志愿活动"),
    "goods": say("物品"),
    "hour_rule": say("时长规则"),
    "member": say("成员"),
    "organisation": say("组织"),
    "period": say("账期"),
    "points_rule": say("积分规则"),
    "redemption": say("兑换单"),
    "sealed_year": say("封存年度"),
    "star_ladder": say("星级标准"),
    "user": say("账号"),
}

FACT_NAMES = {
    "card": say("卡编号"),
    "count": say("数量"),
    "credited": say("入账人数"),
    "digest": say("摘要"),
    "file_type": say("文件类型"),
    "from_on": say("开始日期"),
    "kind": say("类别"),
    "last_id": say("末号"),
    "hour_rule": say("时长规则版次"),
    "minutes": say("分钟"),
    "number": say("单号"),
    "on": say("日期"),
    "people": say("人数"),
    "points": say("积分"),
    "price_points": say("所需积分"),
    "quantity": say("数量"),
    "role": say("角色"),
    "rows": say("行数"),
    "seal_from": say("可封存日期"),
    "unit": say("积分种类"),
    "unsettled": say("待核定人数"),
    "until": say("截止"),
    "until_on": say("结束日期"),
    "version": say("版次"),
    "year": say("年度"),
}

VALUE_NAMES: dict[str, str] = {
    **{role.value: name for role, name in ROLE_NAMES.items()},
    **{unit.code: unit.name for unit in DEFAULT_UNITS},
}
